import { join } from 'node:path'
import { checkGuide } from '../checks/check-guide.ts'
import { checkLinks } from '../checks/check-links.ts'
import { checkNames, readUnion } from '../checks/check-names.ts'

const root = join(import.meta.dirname, '..', '..')

/** Fails unless the guide shows what is run, and guide and README name all that there is. */
export async function checkDocuments(): Promise<void> {
  const guide = join(root, 'docs', 'guides', 'behaviour.md')
  const readme = join(root, 'packages', 'runtime', 'README.md')
  await checkGuide(guide, join(import.meta.dirname, 'guide'))
  await checkLinks(guide)
  await checkNames(readme, Object.keys(await import('@sallyport/runtime/behaviour')))
  const findings = join(root, 'packages', 'runtime', 'src', 'behaviour', 'judge', 'finding.ts')
  await checkNames(guide, await readUnion(findings, 'FindingCode'))
}
