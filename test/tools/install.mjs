#!/usr/bin/env node
// Installs the pinned tools that our suites use as independent witnesses.
//
//   node test/tools/install.mjs              every tool of tools.json
//   node test/tools/install.mjs --suite e2e  only what that suite needs
//   node test/tools/install.mjs crane oras   only these
//
// Go tools go to <cache>/tools/<name>-<version>/<name>; a tool that is there already costs nothing.
// The cache is $SALLYPORT_CACHE, else ~/.cache/sallyport.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import process from 'node:process'

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

function run(command, args, env = {}) {
  const { status, error } = spawnSync(command, args, {
    stdio: ['ignore', 2, 2],
    env: { ...process.env, ...env },
  })
  if (error) throw error
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}`)
}

function installGo(name, { module, version }) {
  const folder = join(cache, `${name}-${version}`)
  if (isExecutable(join(folder, name))) return log(`${name} ${version} is there`)
  log(`building ${name} ${version}`)
  const started = Date.now()
  const unfinished = `${folder}.${process.pid}`
  mkdirSync(unfinished, { recursive: true })
  try {
    run('go', ['install', '-trimpath', '-ldflags=-s -w', `${module}@${version}`], {
      GOBIN: unfinished,
      CGO_ENABLED: '0',
      GOFLAGS: '-buildvcs=false -p=2',
    })
    rmSync(folder, { recursive: true, force: true })
    renameSync(unfinished, folder)
  } finally {
    rmSync(unfinished, { recursive: true, force: true })
  }
  log(`${name} ${version} built in ${Math.round((Date.now() - started) / 1000)} s`)
}

function installApt(names) {
  const missing = names.filter((name) => !onPath(tools.apt[name].command))
  if (missing.length === 0) return
  log(`apt-get install ${missing.join(' ')}`)
  const quiet = { DEBIAN_FRONTEND: 'noninteractive' }
  run('apt-get', ['update', '-q'], quiet)
  // A package must not start its service on the developer's machine: suites start their own.
  run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...missing], {
    ...quiet,
    RUNLEVEL: '1',
  })
}

const args = process.argv.slice(2)
const suite = args[0] === '--suite' ? args[1] : undefined
const wanted = (name, { suites }) =>
  suite ? suites.includes(suite) : args.length === 0 || args.includes(name)

const failures = []
const attempt = (what, install) => {
  try {
    install()
  } catch (error) {
    failures.push(what)
    log(`${what} FAILED: ${error.message}`)
  }
}
const aptNames = Object.keys(tools.apt).filter((name) => wanted(name, tools.apt[name]))
attempt(aptNames.join(', '), () => installApt(aptNames))
for (const [name, tool] of Object.entries(tools.go)) {
  if (wanted(name, tool)) attempt(name, () => installGo(name, tool))
}
if (failures.length > 0) {
  log(`not installed: ${failures.join('; ')}`)
  process.exit(1)
}
