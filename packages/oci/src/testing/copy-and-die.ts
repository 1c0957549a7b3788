// Run as a process of its own: copies from one layout to another and is killed before it gives a file its name.
// Arguments: source, target, before which of the files.
import files from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import process from 'node:process'

const [source = '', target = '', dieAt = ''] = process.argv.slice(2)
const { rename } = files
let renamed = 0
files.rename = async (from, to) => {
  if (renamed++ === Number(dieAt)) process.kill(process.pid, 'SIGKILL')
  await rename(from, to)
}
syncBuiltinESMExports()

const [{ copy }, { openLayout }] = await Promise.all([
  import('../copy/copy.ts'),
  import('../layout/open-layout.ts'),
])
await copy(await openLayout(source), await openLayout(target, { create: true }), {
  from: '1',
  concurrency: 1,
})
