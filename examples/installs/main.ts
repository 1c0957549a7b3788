// Runs each `npm install` of the documents in a folder of its own, from packages as they would be published.
import { strict as assert } from 'node:assert'
import { execFile } from 'node:child_process'
import { existsSync, globSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { servePacked } from '../checks/serve-packed.ts'

const root = join(import.meta.dirname, '..', '..')
const documents = ['README.md', ...globSync('{docs/**,packages/*}/*.md', { cwd: root })]
const commands = new Set<string>()
for (const document of documents)
  for (const [, code = ''] of (await readFile(join(root, document), 'utf8')).matchAll(
    /^```sh\n(.*?)^```$/gms,
  ))
    for (const line of code.split('\n')) if (line.startsWith('npm install ')) commands.add(line)
assert(commands.size > 10, 'the documents have commands')

let done = 0
for (const command of commands) {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-install-'))
  try {
    await using packages = await servePacked(join(folder, 'global'))
    await writeFile(join(folder, 'package.json'), '{}')
    await promisify(execFile)('bash', ['-euc', command], {
      cwd: folder,
      env: { ...packages.environment, npm_config_prefer_offline: 'true' },
      timeout: 300_000,
    })
    const place = command.includes('--global') ? join(folder, 'global', 'lib') : folder
    for (const name of command.split(' ').filter((word) => word.startsWith('@sallyport/')))
      assert(existsSync(join(place, 'node_modules', name, 'package.json')), `${command}: no ${name}`)
    done += 1
    console.log(`${done} of ${commands.size}: ${command}`)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
