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
  directory = await mkdtemp(join(tmpdir(), 'harden-python-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const library = '/usr/local/lib/python3.13'
const site = `${library}/site-packages`

function distribution(
  name: string,
  listed: Readonly<Record<string, FileDescription>>,
  { requires = [], place = site }: { requires?: readonly string[]; place?: string } = {},
): Readonly<Record<string, FileDescription>> {
  const info = `${name}-1.0.dist-info`
  const metadata = [
    `Metadata-Version: 2.1`,
    `Name: ${name}`,
    `Version: 1.0`,
    ...requires.map((one) => `Requires-Dist: ${one}`),
  ]
  const record = [...Object.keys(listed), `${info}/METADATA`, `${info}/RECORD`]
  return {
    [`${place}/${info}/METADATA`]: `${metadata.join('\n')}\n`,
    [`${place}/${info}/RECORD`]: record.map((path) => `${path},,\n`).join(''),
    ...Object.fromEntries(Object.entries(listed).map(([path, content]) => [join(place, path), content])),
  }
}

const program = (content: string): FileDescription => ({ content, mode: 0o755 })
const files: Readonly<Record<string, FileDescription>> = {
  '/usr/local/bin/python3': program('python program'),
  '/bin/sh': program('shell'),
  [`${library}/os.py`]: '',
  [`${library}/ensurepip/__init__.py`]: `import subprocess\nsubprocess.run(["pip"])\n`,
  [`${library}/ensurepip/_bundled/pip-1.0-py3-none-any.whl`]: 'wheel of pip',
  [`${library}/ensurepip/_bundled/other-1.0-py3-none-any.whl`]: 'wheel of another',
  ...distribution('pip', {
    'pip/__init__.py': '',
    'pip/_vendor/x.py': 'import setuptools\n',
    '../../../bin/pip': program('#!/usr/local/bin/python3\nfrom pip._internal.cli.main import main\n'),
  }),
  [`${site}/pip/__pycache__/__init__.cpython-313.pyc`]: 'bytecode',
  ...distribution('setuptools', {
    'setuptools/__init__.py': '',
    'pkg_resources/__init__.py': '',
    'distutils-precedence.pth': 'import os\n',
  }),
  ...distribution('wheel', {
    'wheel/__init__.py': '',
    '../../../bin/wheel': program('#!/usr/local/bin/python3\n'),
  }),
  ...distribution('flask', { 'flask/__init__.py': 'import os\n' }),
  '/app/main.py': 'from flask import Flask\n',
}

async function harden(
  changed: Readonly<Record<string, FileDescription>> = {},
  {
    Entrypoint = ['python3', '/app/main.py'],
    ...options
  }: HardenImageOptions & { Entrypoint?: readonly string[] } = {},
) {
  const source = createImage({ layers: [{ files: { ...files, ...changed } }], config: { Entrypoint } })
  await using image = await openImage(source, source.raw, { directory })
  const { report, image: result } = await hardenImage(image, await createInventory(image), {
    directory,
    ...options,
  })
  await using _ = result
  return {
    report,
    removed: report.removed.map(({ name }) => name),
    paths: new Set([...(result ?? image).tree.entries()].map(({ path }) => path)),
  }
}

describe('python distributions', () => {
  it('that only install others leave, with commands, bytecode and the wheels that bundle them', async () => {
    const { removed, paths, report } = await harden()
    expect(removed).toEqual(['pip', 'setuptools', 'wheel'])
    for (const path of [
      `${site}/pip`,
      '/usr/local/bin/pip',
      '/usr/local/bin/wheel',
      `${library}/ensurepip/_bundled/pip-1.0-py3-none-any.whl`,
    ])
      expect(paths.has(path), path).toBe(false)
    for (const path of [
      `${site}/flask/__init__.py`,
      `${library}/ensurepip/__init__.py`,
      `${library}/ensurepip/_bundled/other-1.0-py3-none-any.whl`,
    ])
      expect(paths.has(path), path).toBe(true)
    expect(report.invariants.every(({ holds }) => holds)).toBe(true)
  })

  const script = (text: string) => ({ '/start.sh': program(`#!/bin/sh\n${text}\n`) })
  const setuptools = ['pip', 'wheel']
  it.each<
    [
      string,
      Readonly<Record<string, FileDescription>>,
      HardenImageOptions & { Entrypoint?: string[] },
      string[],
    ]
  >([
    ['a script runs it', script('pip install x'), {}, ['setuptools', 'wheel']],
    ['a script runs it as a module', script('exec python3 -m pip list'), {}, ['setuptools', 'wheel']],
    ['a script makes an environment', script('python3 -m venv /v'), {}, ['setuptools', 'wheel']],
    ['the command is it', {}, { Entrypoint: ['pip'] }, ['setuptools', 'wheel']],
    ['a command runs it as a module', {}, { commands: [['python3', '-m', 'wheel']] }, ['pip', 'setuptools']],
    [
      'the application imports it',
      { '/app/x.py': 'def f():\n  import os, pkg_resources as p\n' },
      {},
      setuptools,
    ],
    [
      'the application loads it by name',
      { '/app/x.py': `importlib.import_module("setuptools")\n` },
      {},
      setuptools,
    ],
    [
      'the application imports what it brings since 3.12',
      { '/app/x.py': `from distutils.util import x\n` },
      {},
      setuptools,
    ],
    [
      'the application starts it',
      { '/app/x.py': `run([sys.executable, "-m", "pip"])\n` },
      {},
      ['setuptools', 'wheel'],
    ],
    ['what stays imports it', { [`${site}/flask/__init__.py`]: 'import pkg_resources\n' }, {}, setuptools],
    [
      'what stays elsewhere imports it',
      { '/opt/venv/lib/python3.13/site-packages/one/__init__.py': 'import setuptools\n' },
      {},
      setuptools,
    ],
    ['what stays requires it', distribution('needy', {}, { requires: ['setuptools>=1'] }), {}, setuptools],
    [
      'it has files elsewhere',
      distribution('wheel', { '../../../../../app/main.py': '' }),
      {},
      ['pip', 'setuptools'],
    ],
    [
      'it lists files of another',
      distribution('wheel', { 'flask/__init__.py': '' }),
      {},
      ['pip', 'setuptools'],
    ],
  ])('stay where %s', async (_title, changed, options, expected) => {
    expect((await harden(changed, options)).removed).toEqual(expected)
  })

  it.each([
    ['leave', 'import os\n', '', ['pip', 'python3-pip', 'python3-setuptools', 'setuptools', 'wheel']],
    ['stay where they are imported', 'import setuptools\n', '', ['pip', 'python3-pip', 'wheel']],
    [
      'stay where a package needs them',
      'import os\n',
      'Depends: python3-pip\n',
      ['pip', 'python3-setuptools', 'setuptools', 'wheel'],
    ],
  ])('that are packages of the system %s', async (_title, main, depends, expected) => {
    const system = '/usr/lib/python3/dist-packages'
    const stanza = (name: string, more = '') =>
      `Package: ${name}\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n${more}Description: x\n`
    const lists = {
      'base-files': ['/etc/os-release', '/bin/sh'],
      'python3-app': ['/app/main.py'],
      'python3-pip': [`${system}/pip/__init__.py`],
      'python3-setuptools': [`${system}/setuptools/__init__.py`],
    }
    const { removed } = await harden({
      '/etc/os-release': 'ID=debian\nVERSION_ID="13"\n',
      '/var/lib/dpkg/status': Object.keys(lists)
        .map((name) => stanza(name, name === 'python3-app' ? depends : ''))
        .join('\n'),
      ...Object.fromEntries(
        Object.entries(lists).map(([name, list]) => [
          `/var/lib/dpkg/info/${name}.list`,
          `/.\n${list.join('\n')}\n`,
        ]),
      ),
      [`${system}/pip/__init__.py`]: '',
      [`${system}/setuptools/__init__.py`]: 'import pip\n',
      '/app/main.py': main,
    })
    expect([...removed].sort()).toEqual(expected)
  })

  it('leave although a distribution imports them that does without', async () => {
    const guarded = 'try:\n    import pkg_resources\nexcept ImportError:\n    pkg_resources = None\n'
    expect((await harden({ [`${site}/flask/__init__.py`]: guarded })).removed).toEqual([
      'pip',
      'setuptools',
      'wheel',
    ])
    expect((await harden({ '/app/x.py': guarded })).removed).toEqual(['pip', 'wheel'])
  })

  it.each([
    ['leave', 'import os\n', ['extra-tool', 'pip', 'setuptools', 'wheel']],
    ['stay where they are imported', 'import extra_tool\n', ['pip', 'setuptools', 'wheel']],
  ])('that are declared as not needed %s', async (_title, main, expected) => {
    const changed = { ...distribution('extra_tool', { 'extra_tool/__init__.py': '' }), '/app/main.py': main }
    expect((await harden(changed, { drop: ['Extra.Tool'] })).removed).toEqual(expected)
  })
})
