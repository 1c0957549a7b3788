// Imports each entry of each package as it is published: from dist, without our source condition.
import { spawnSync } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
// The contract suites describe tests: they load inside a test runner only.
const insideTestRunner = new Set(['@sallyport/testkit/contracts'])

for (const folder of readdirSync(join(root, 'packages')).map((name) => join(root, 'packages', name))) {
  const { name, exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const names = Object.entries(exports)
    .filter(([, target]) => typeof target === 'object')
    .map(([path]) => `${name}${path.slice(1)}`)
    .filter((entry) => !insideTestRunner.has(entry))
  for (const entry of names) {
    const code = `if (Object.keys(await import('${entry}')).length === 0) throw new Error('exports nothing')`
    const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      cwd: folder,
      encoding: 'utf8',
    })
    if (status === 0) continue
    process.stdout.write(`${entry}: ${stderr}\n`)
    process.exitCode = 1
  }
}
