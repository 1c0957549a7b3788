import { decodeName } from '@sallyport/image'
import type { FileExaminer } from '../files/image-files.ts'
import { copyrightLicense } from './copyright-license.ts'

/** Real ones have up to 500 KiB. */
const maxBytes = 2 * 1024 * 1024

/** Reduces `/usr/share/doc/<package>/copyright` to the licence that it tells, as an SPDX expression. */
export const copyrightExaminer: FileExaminer<string> = {
  name: 'debian-copyright',
  version: 1,
  selects: ({ path, size }) => path.endsWith('/copyright') && path.includes('/doc/') && size <= maxBytes,
  async examine(content) {
    const license = copyrightLicense(decodeName(await content.read(0, content.size)))
    return license === 'NOASSERTION' ? undefined : license
  },
}
