import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { deflateSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inventoryOf } from './inventory-of.ts'
import { runTool } from './run-tool.ts'

/** Makes a module proxy in a folder, so that the build needs no network. */
const makeProxy = `
import os, sys, zipfile
for name, version in (('lib', 'v1.0.0'), ('fork', 'v1.0.1'), ('plain', 'v1.2.0')):
    path = 'example.org/' + name
    folder = os.path.join(sys.argv[1], path, '@v')
    os.makedirs(folder)
    # A fork keeps the name of the module that it replaces.
    mod = 'module example.org/' + ('lib' if name == 'fork' else name) + '\\n'
    code = 'package ' + ('lib' if name == 'fork' else name) + '\\n\\nfunc Text() string { return "' + name + '" }\\n'
    open(os.path.join(folder, version + '.mod'), 'w').write(mod)
    open(os.path.join(folder, version + '.info'), 'w').write('{"Version":"' + version + '"}')
    with zipfile.ZipFile(os.path.join(folder, version + '.zip'), 'w') as archive:
        root = path + '@' + version + '/'
        archive.writestr(root + 'go.mod', mod)
        archive.writestr(root + name + '.go', code)
`
const goMod = `module example.org/app

go 1.24

require (
	example.org/lib v1.0.0
	example.org/local v1.0.0
	example.org/plain v1.2.0
)

replace example.org/lib => example.org/fork v1.0.1

replace example.org/local => ../local
`
const main = `package main

import (
	"example.org/lib"
	"example.org/local"
	"example.org/plain"
)

var version string

func main() { println(version + lib.Text() + local.Text() + plain.Text()) }
`

interface Build {
  readonly env?: Readonly<Record<string, string>>
  readonly flags?: readonly string[]
  /** What our version of the main module is, where Go itself says `(devel)`. */
  readonly version?: string
}

const builds: Readonly<Record<string, Build>> = {
  plain: {},
  stripped: { flags: ['-ldflags=-s -w'] },
  trimpath: { flags: ['-trimpath'] },
  versioned: { flags: ['-ldflags=-s -w -X main.version=1.2.3'], version: 'v1.2.3' },
  'position-independent': { flags: ['-buildmode=pie'] },
  // Each target compiles Go's library anew: one of 32 bits and the other byte order, and the other two forms of file.
  mips: { env: { GOARCH: 'mips' } },
  'windows.exe': { env: { GOOS: 'windows' } },
  darwin: { env: { GOOS: 'darwin', GOARCH: 'arm64' } },
}

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-go-'))
  await runTool('python3', ['-c', makeProxy, join(directory, 'proxy')])
  for (const name of ['app', 'local', 'out']) await mkdir(join(directory, name))
  await writeFile(join(directory, 'app', 'go.mod'), goMod)
  await writeFile(join(directory, 'app', 'main.go'), main)
  await writeFile(join(directory, 'local', 'go.mod'), 'module example.org/local\n')
  await writeFile(
    join(directory, 'local', 'local.go'),
    'package local\n\nfunc Text() string { return "local" }\n',
  )
})
afterAll(async () => {
  await runTool('go', ['clean', '-modcache'], { env: environment() })
  await rm(directory, { recursive: true, force: true })
})

const environment = (more: Readonly<Record<string, string>> = {}) => ({
  PATH: process.env['PATH']!,
  HOME: process.env['HOME']!,
  GOPROXY: `file://${join(directory, 'proxy')}`,
  GOMODCACHE: join(directory, 'modules'),
  GOFLAGS: '-mod=mod',
  GONOSUMDB: '*',
  GOTOOLCHAIN: 'local',
  CGO_ENABLED: '0',
  GOOS: 'linux',
  GOARCH: 'amd64',
  ...more,
})

async function build(name: string, { env, flags = [] }: Build): Promise<string> {
  const output = join(directory, 'out', name)
  await runTool('go', ['build', ...flags, '-o', output, '.'], {
    cwd: join(directory, 'app'),
    env: environment(env),
    timeoutMs: 500_000,
  })
  return output
}

/** What `go version -m` says, as `path version`. */
async function modulesByGo(path: string): Promise<string[]> {
  const [first = '', ...lines] = (await runTool('go', ['version', '-m', path])).split('\n')
  const found = [`stdlib ${/: go(\S+)$/.exec(first)![1]}`]
  let replaced = ''
  for (const line of lines) {
    const [, kind, module = '', version = ''] = line.split('\t')
    if (kind === 'mod' || kind === 'dep') found.push(`${module} ${version}`)
    if (kind === 'dep') replaced = module
    if (kind === '=>') found[found.length - 1] = `${module.startsWith('.') ? replaced : module} ${version}`
  }
  return found.sort()
}

describe('programs of Go as they are built', () => {
  it.each(Object.keys(builds))(
    'finds in the one called %s what go version -m tells',
    async (name) => {
      const path = await build(name, builds[name]!)
      const { packages } = await inventoryOf({ [name]: await readFile(path) })
      const told = await modulesByGo(path)
      const { version } = builds[name]!
      expect(told).toContain('example.org/fork v1.0.1')
      expect(packages.map((one) => `${one.name} ${one.version}`).sort()).toEqual(
        told.map((one) => (version ? one.replace('app (devel)', `app ${version}`) : one)),
      )
      expect(packages.find((one) => one.name === 'example.org/app')!.files).toEqual([`/app/${name}`])
    },
    600_000,
  )

  it('finds what Syft finds, with crates that were noted in it', async () => {
    const path = await build('audited', builds['versioned']!)
    const audit = { packages: [{ name: 'libc', version: '0.2.150', source: 'crates.io' }] }
    await writeFile(join(directory, 'audit'), deflateSync(JSON.stringify(audit)))
    await runTool('objcopy', ['--add-section', `.dep-v0=${join(directory, 'audit')}`, path])
    const { packages } = await inventoryOf({ audited: await readFile(path) })
    const bySyft = JSON.parse(await runTool('syft', ['-q', '-o', 'json', `file:${path}`])) as {
      readonly artifacts: readonly { readonly name: string; readonly purl: string }[]
    }
    const ours = new Set(packages.map(({ purl }) => purl))
    const missing = bySyft.artifacts
      // Syft takes the folder of a local replacement for the name of a module.
      .filter(({ name }) => !name.startsWith('.'))
      .map(({ purl }) => purl)
      .filter((purl) => !ours.has(purl))
    expect(missing).toEqual([])
    expect([...ours].sort()).toContain('pkg:cargo/libc@0.2.150')
  })
})
