import { describe, expect, it } from 'vitest'
import { parsePlugNPlay } from './parse-plug-n-play.ts'

const registry = (...packages: unknown[]) => JSON.stringify({ packageRegistryData: packages }, undefined, 2)
const inlined = (data: string) =>
  `#!/usr/bin/env node\n"use strict";\n\nconst RAW_RUNTIME_STATE =\n'${data
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "\\'")
    .replaceAll(
      '\n',
      '\\\n',
    )}';\n\nfunction $$SETUP_STATE(hydrateRuntimeState, basePath) {\n  throw new Error('never run')\n}\n`

const data = registry(
  [null, [[null, { packageLocation: './', packageDependencies: [['a', 'npm:1.0.0']], linkType: 'SOFT' }]]],
  [
    'a',
    [
      [
        'npm:1.0.0',
        {
          packageLocation: "./.yarn/cache/a-npm-1.0.0-0123456789-1'23.zip/node_modules/a/",
          packageDependencies: [
            ['a', 'npm:1.0.0'],
            ['peer', null],
            ['b', 'npm:2.0.0'],
            ['alias', ['c', 'npm:3.0.0']],
          ],
          linkType: 'HARD',
        },
      ],
    ],
  ],
)

describe('parsePlugNPlay', () => {
  it.each([
    ['a file of its own', data],
    ['the program', inlined(data)],
  ])('reads packages from %s', (_title, text) => {
    expect(parsePlugNPlay(text)).toEqual([
      {
        name: 'a',
        reference: 'npm:1.0.0',
        location: "./.yarn/cache/a-npm-1.0.0-0123456789-1'23.zip/node_modules/a/",
        needs: [
          ['b', 'npm:2.0.0'],
          ['c', 'npm:3.0.0'],
        ],
      },
    ])
  })

  it.each([
    ['./.yarn/__virtual__/a-virtual-1/0/cache/a.zip/node_modules/a/', './.yarn/cache/a.zip/node_modules/a/'],
    ['./.yarn/__virtual__/a-virtual-1/1/packages/a/', './.yarn/../packages/a/'],
    ['./.yarn/$$virtual/a-virtual-1/0/cache/a.zip/node_modules/a/', './.yarn/cache/a.zip/node_modules/a/'],
  ])('leads %s to %s', (packageLocation, location) => {
    const text = registry(['a', [['virtual:1#npm:1.0.0', { packageLocation, packageDependencies: [] }]]])
    expect(parsePlugNPlay(text)[0]!.location).toBe(location)
  })

  it.each([
    ['nothing', ''],
    ['a program without data', 'module.exports = {}'],
    ['a text without end', "const RAW_RUNTIME_STATE =\n'{"],
    ['data of another form', '{}'],
    ['packages of another form', registry(['a'])],
    ['versions of another form', registry(['a', 'b'])],
    ['a package without a place', registry(['a', [['npm:1', {}]]])],
    ['a name that is a number', registry([1, [['npm:1', { packageLocation: './' }]]])],
    ['code in place of data', "const RAW_RUNTIME_STATE = require('./x')"],
  ])('refuses %s', (_title, text) => {
    expect(() => parsePlugNPlay(text)).toThrow(SyntaxError)
  })
})
