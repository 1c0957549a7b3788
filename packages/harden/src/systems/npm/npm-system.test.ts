import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import { createImage, type FileDescription } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hardenImage } from '../../harden-image.ts'
import type { HardenImageOptions } from '../../harden-options.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'harden-npm-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const manifest = (name: string, more: object = {}) => JSON.stringify({ name, version: '1.0.0', ...more })
const hidden = (...marks: readonly (readonly [string, string])[]) =>
  `${JSON.stringify(
    {
      name: 'app',
      lockfileVersion: 3,
      requires: true,
      packages: Object.fromEntries(
        marks.map(([name, mark]) => [`node_modules/${name}`, { version: '1.0.0', [mark]: true }]),
      ),
    },
    null,
    2,
  )}\n`
const lockPath = '/app/node_modules/.package-lock.json'
const marks = [
  ['@types/x', 'dev'],
  ['jest', 'dev'],
  ['lodash', 'peer'],
  ['tool', 'dev'],
] as const

const npm = '/usr/local/lib/node_modules/npm'
const files: Readonly<Record<string, FileDescription>> = {
  '/usr/local/bin/node': { content: 'node program', mode: 0o755 },
  '/usr/local/bin/npm': { symlink: '../lib/node_modules/npm/bin/npm-cli.js' },
  '/usr/local/bin/npx': { symlink: '../lib/node_modules/npm/bin/npm-cli.js' },
  '/usr/local/bin/yarn': { symlink: '/opt/yarn-v1.22.22/bin/yarn.js' },
  [`${npm}/package.json`]: manifest('npm'),
  [`${npm}/bin/npm-cli.js`]: { content: '#!/usr/bin/env node\n', mode: 0o755 },
  [`${npm}/node_modules/ini/package.json`]: manifest('ini'),
  [`${npm}/node_modules/ini/ini.js`]: '',
  '/opt/yarn-v1.22.22/package.json': manifest('yarn'),
  '/opt/yarn-v1.22.22/bin/yarn.js': { content: '#!/usr/bin/env node\n', mode: 0o755 },
  '/opt/yarn-v1.22.22/lib/cli.js': '',
  '/app/package.json': manifest('app', {
    dependencies: { lodash: '1' },
    devDependencies: { jest: '1', tool: '1' },
    scripts: { start: 'npm run serve', serve: 'tool server.js', test: 'jest' },
  }),
  '/app/server.js': `const _ = require('lodash')\n`,
  '/app/server.test.js': `require('jest')\n`,
  [lockPath]: hidden(...marks),
  '/app/node_modules/lodash/package.json': manifest('lodash'),
  '/app/node_modules/jest/package.json': manifest('jest', { dependencies: { '@types/x': '1' } }),
  '/app/node_modules/jest/bin.js': { content: '#!/usr/bin/env node\n', mode: 0o755 },
  '/app/node_modules/jest/node_modules/inner/package.json': manifest('inner'),
  '/app/node_modules/.bin/jest': { symlink: '../jest/bin.js' },
  '/app/node_modules/@types/x/package.json': manifest('@types/x'),
  '/app/node_modules/tool/package.json': manifest('tool'),
  '/app/node_modules/tool/cli.js': { content: '#!/usr/bin/env node\n', mode: 0o755 },
  '/app/node_modules/.bin/tool': { symlink: '../tool/cli.js' },
}

async function harden(
  changed: Readonly<Record<string, FileDescription | undefined>> = {},
  {
    Entrypoint = ['node', 'server.js'],
    ...options
  }: HardenImageOptions & { Entrypoint?: readonly string[] } = {},
) {
  const all = Object.entries({ ...files, ...changed }).filter((entry) => entry[1] !== undefined)
  const source = createImage({
    layers: [{ files: Object.fromEntries(all) as Record<string, FileDescription> }],
    config: { Entrypoint, WorkingDir: '/app', Env: ['PATH=/usr/local/bin', 'YARN_VERSION=1.22.22'] },
  })
  await using image = await openImage(source, source.raw, { directory })
  const inventory = await createInventory(image)
  await using resources = new AsyncDisposableStack()
  const { report, image: result } = await hardenImage(image, inventory, { directory, ...options })
  if (result) resources.use(result)
  const lock = result?.tree.get(lockPath)
  return {
    report,
    removed: report.removed.map(({ name }) => name),
    paths: new Set([...(result ?? image).tree.entries()].map(({ path }) => path)),
    lock: result && lock && Buffer.from(await result.readFile(lock)).toString(),
  }
}

const tools = ['ini', 'npm', 'yarn']

describe('npm packages', () => {
  it('of development leave, with installers, their links and their entries in what npm noted', async () => {
    const { removed, paths, lock, report } = await harden()
    expect(removed).toEqual(['@types/x', 'ini', 'inner', 'jest', 'npm', 'tool', 'yarn'])
    expect(lock).toBe(hidden(['lodash', 'peer']))
    for (const path of [
      '/app/node_modules/.bin',
      '/app/node_modules/@types',
      '/usr/local/bin/npm',
      '/opt/yarn-v1.22.22',
      npm,
    ])
      expect(paths.has(path), path).toBe(false)
    expect(report.invariants.every(({ holds }) => holds)).toBe(true)
  })

  it.each<
    [
      string,
      Readonly<Record<string, FileDescription | undefined>>,
      HardenImageOptions & { Entrypoint?: string[] },
      string[],
    ]
  >([
    [
      'stay where the command is npm, and what its scripts run',
      {},
      { Entrypoint: ['npm', 'start'] },
      ['@types/x', 'inner', 'jest', 'yarn'],
    ],
    [
      'stay where a script names them',
      { '/run.sh': { content: '#!/bin/sh\nexec npx jest\n', mode: 0o755 } },
      {},
      ['tool', 'yarn'],
    ],
    [
      'stay where code of the application does',
      { '/app/lib/x.mjs': `import('tool/register')\n` },
      {},
      ['@types/x', 'ini', 'inner', 'jest', 'npm', 'yarn'],
    ],
    [
      'stay where a command loads them',
      {},
      { commands: [['node', '-r', 'tool/register', 'server.js']] },
      ['@types/x', 'ini', 'inner', 'jest', 'npm', 'yarn'],
    ],
    [
      'stay with what needs them',
      { '/app/node_modules/lodash/package.json': manifest('lodash', { peerDependencies: { jest: '1' } }) },
      {},
      ['ini', 'npm', 'tool', 'yarn'],
    ],
    [
      'stay where another version was put',
      { '/app/node_modules/tool/package.json': '{"name":"tool","version":"2.0.0"}' },
      {},
      ['@types/x', 'ini', 'inner', 'jest', 'npm', 'yarn'],
    ],
    [
      'stay where nothing tells what they are for',
      { [lockPath]: undefined, '/app/package.json': undefined },
      {},
      tools,
    ],
    [
      'are told by the manifests where there is no lock file',
      { [lockPath]: undefined },
      {},
      ['@types/x', 'ini', 'inner', 'jest', 'npm', 'tool', 'yarn'],
    ],
    [
      'are told by the lock file of the project',
      { [lockPath]: undefined, '/app/package-lock.json': hidden(['jest', 'dev'], ['tool', 'devOptional']) },
      {},
      ['inner', 'jest', ...tools].sort(),
    ],
    [
      'leave where they are declared as not needed',
      { '/app/server.js': '' },
      { drop: ['lodash', 'none'] },
      ['@types/x', 'ini', 'inner', 'jest', 'lodash', 'npm', 'tool', 'yarn'],
    ],
    [
      'stay although declared where code names them',
      {},
      { drop: ['lodash'] },
      ['@types/x', 'ini', 'inner', 'jest', 'npm', 'tool', 'yarn'],
    ],
  ])('%s', async (_title, changed, options, expected) => {
    const { removed } = await harden({ '/bin/sh': { content: 'shell', mode: 0o755 }, ...changed }, options)
    expect(removed).toEqual(expected)
  })

  it('stay where the command names their folder alone', async () => {
    const { removed } = await harden({}, { commands: [['node', '/app/node_modules/tool']] })
    expect(removed).not.toContain('tool')
    expect(removed).toContain('jest')
  })
})
