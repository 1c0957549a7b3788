import { join } from 'node:path'
import { checkGuide } from '../checks/check-guide.ts'
import { checkLinks } from '../checks/check-links.ts'
import { checkPackage } from '../checks/check-package.ts'

const operating = join(import.meta.dirname, '..', '..', 'docs', 'guides', 'operating.md')

/** Fails unless guides, reference and README of the gate show what is run, and name all that there is. */
export async function checkDocuments(): Promise<void> {
  await checkPackage({
    name: 'gate',
    example: import.meta.dirname,
    errorCodes: 'GateErrorCode',
    load: (entry) => import(`@sallyport/gate${entry}`) as Promise<object>,
  })
  await checkGuide(operating, join(import.meta.dirname, 'operating'), ['ts', 'yaml'])
  await checkLinks(operating)
}
