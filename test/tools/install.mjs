#!/usr/bin/env node
// Installs the pinned tools that our suites use as independent witnesses.
//
//   node test/tools/install.mjs              every tool of tools.json
//   node test/tools/install.mjs --suite e2e  only what that suite needs (may be given more than once)
//   node test/tools/install.mjs crane oras   only these
//
// Go tools go to <cache>/tools/<name>-<version>/<name>, what a Maven artifact holds to the folder
// <cache>/tools/<name>-<version>; a tool that is there already costs nothing.
// The cache is $SALLYPORT_CACHE, else ~/.cache/sallyport. Ends with 1 when a tool could not be had.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { basename, delimiter, join } from 'node:path'
import process from 'node:process'
import { parseArgs } from 'node:util'

const tools = JSON.parse(readFileSync(new URL('tools.json', import.meta.url), 'utf8'))
const cache = join(process.env.SALLYPORT_CACHE || join(homedir(), '.cache', 'sallyport'), 'tools')

const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
const onPath = (command) =>
  (process.env.PATH ?? '').split(delimiter).some((folder) => isExecutable(join(folder, command)))
const log = (line) => process.stderr.write(`tools: ${line}\n`)

function run(command, args, { env = {}, cwd } = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
  })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`)
}

// `go install package@version` asks the module proxy for the list of all versions, which it does not serve
// for every module. A module of our own that requires the one version needs no list; its go line makes Go load
// only the modules that the build needs instead of the whole graph, parts of which are gone.
function installGo(name, { module, package: main, version, ldflags = '', env = {} }) {
  const folder = join(cache, `${name}-${version}`)
  if (isExecutable(join(folder, name))) return log(`${name} ${version} is there`)
  if (!onPath('go')) throw new Error('there is no go on the PATH')
  log(`building ${name} ${version}`)
  const started = Date.now()
  const source = mkdtempSync(join(tmpdir(), `sallyport-${name}-`))
  const unfinished = `${folder}.${process.pid}`
  mkdirSync(unfinished, { recursive: true })
  try {
    writeFileSync(
      join(source, 'go.mod'),
      `module build.local/${name}\n\ngo 1.21\n\nrequire ${module} ${version}\n`,
    )
    run('go', ['install', '-trimpath', `-ldflags=-s -w ${ldflags}`.trim(), main], {
      cwd: source,
      env: {
        GOBIN: unfinished,
        CGO_ENABLED: '0',
        GOFLAGS: '-buildvcs=false -mod=mod -p=2',
        GOWORK: 'off',
        ...env,
      },
    })
    // Go names a program after the folder of its package.
    if (basename(main) !== name) renameSync(join(unfinished, basename(main)), join(unfinished, name))
    rmSync(folder, { recursive: true, force: true })
    renameSync(unfinished, folder)
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
    rmSync(source, { recursive: true, force: true })
  }
  log(`${name} ${version} built in ${Math.round((Date.now() - started) / 1000)} s`)
}

// Archives that are no programs, such as those that hold schemas.
function installMaven(name, { artifact, sha256, version }) {
  const folder = join(cache, `${name}-${version}`)
  if (existsSync(folder)) return log(`${name} ${version} is there`)
  if (!onPath('mvn')) throw new Error('there is no mvn on the PATH')
  log(`fetching ${artifact}`)
  const download = mkdtempSync(join(tmpdir(), `sallyport-${name}-`))
  const unfinished = `${folder}.${process.pid}`
  mkdirSync(unfinished, { recursive: true })
  try {
    run('mvn', ['-q', '-B', 'dependency:copy', `-Dartifact=${artifact}`, `-DoutputDirectory=${download}`])
    const archive = join(download, `${artifact.split(':').slice(1).join('-')}.jar`)
    const actual = createHash('sha256').update(readFileSync(archive)).digest('hex')
    if (actual !== sha256) throw new Error(`${artifact}: expected sha256 ${sha256}, got ${actual}`)
    run('python3', ['-m', 'zipfile', '-e', archive, unfinished])
    renameSync(unfinished, folder)
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
    rmSync(download, { recursive: true, force: true })
  }
}

function installApt(names) {
  const missing = names.filter((name) => !onPath(tools.apt[name].command))
  if (missing.length === 0) return
  log(`apt-get install ${missing.join(' ')}`)
  const env = { DEBIAN_FRONTEND: 'noninteractive' }
  run('apt-get', ['update', '-q'], { env })
  // A package must not start its service on the developer's machine: suites start their own.
  run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...missing], {
    env: { ...env, RUNLEVEL: '1' },
  })
}

const { values, positionals } = parseArgs({
  options: { suite: { type: 'string', multiple: true, default: [] } },
  allowPositionals: true,
})
const known = [tools.go, tools.maven, tools.apt].flatMap(Object.keys)
const unknown = positionals.filter((name) => !known.includes(name))
if (unknown.length > 0) {
  log(`unknown: ${unknown.join(', ')}; known are ${known.join(', ')}`)
  process.exit(2)
}
const everything = values.suite.length === 0 && positionals.length === 0
const wanted = ([name, { suites }]) =>
  everything || positionals.includes(name) || values.suite.some((suite) => suites.includes(suite))

const failures = []
const attempt = (what, install) => {
  try {
    install()
  } catch (error) {
    failures.push(what)
    log(`${what} FAILED: ${error.message}`)
  }
}
const apt = Object.entries(tools.apt)
  .filter(wanted)
  .map(([name]) => name)
attempt(apt.join(', '), () => installApt(apt))
// One after the other: each build uses all cores and much memory by itself.
for (const [name, tool] of Object.entries(tools.go).filter(wanted)) attempt(name, () => installGo(name, tool))
for (const [name, tool] of Object.entries(tools.maven).filter(wanted))
  attempt(name, () => installMaven(name, tool))
if (failures.length > 0) {
  log(`not installed: ${failures.join('; ')}`)
  process.exit(1)
}
