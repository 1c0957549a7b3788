#!/usr/bin/env node
// Entry of every npm script. Runs on any Node from 20 on: brings Node 24 and all dependencies from npm on the first
// call (and whenever the lock file changed), then hands over to scripts/task.mjs under Node 24.
//
//   node scripts/run.mjs [task [arguments]]
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const stamp = join(root, 'node_modules', '.sallyport-setup')
const wanted = createHash('sha256')
  .update(readFileSync(join(root, 'pnpm-lock.yaml')))
  .digest('hex')

function run(command, args, env = process.env) {
  const { status, signal, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env })
  if (error) {
    process.stderr.write(`${command}: ${error.message}\n`)
    process.exit(1)
  }
  if (status !== 0) process.exit(signal ? 1 : (status ?? 1))
}

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== wanted) {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  process.stderr.write('Setting up: Node 24 and the dependencies from npm\n')
  run('npx', ['-y', packageManager, 'install', '--frozen-lockfile', '--loglevel=error'])
  writeFileSync(stamp, wanted)
}

const [task, ...args] = process.argv.slice(2)
if (task !== undefined) {
  const bin = join(root, 'node_modules', '.bin')
  run(join(bin, 'node'), [join(root, 'scripts', 'task.mjs'), task, ...args], {
    ...process.env,
    PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`,
  })
}
