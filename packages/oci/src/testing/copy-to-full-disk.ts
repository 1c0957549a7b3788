// Run as a process of its own, under a limit of the size of files: copies from a layout to a layout or an archive and
// says how that ended. Arguments: source, target.
import process from 'node:process'
import { createArchive } from '../archive/create-archive.ts'
import { copy } from '../copy/copy.ts'
import { OciError } from '../errors.ts'
import { openLayout } from '../layout/open-layout.ts'

const [from = '', to = ''] = process.argv.slice(2)
const options = { from: '1', tag: '1' }
try {
  const source = await openLayout(from)
  if (to.endsWith('.tar')) {
    await using target = await createArchive(to)
    await copy(source, target, options)
    await target.commit()
  } else await copy(source, await openLayout(to, { create: true }), options)
  console.log('done')
} catch (error) {
  console.log(error instanceof OciError ? `${error.code} ${error.side}` : String(error))
}
