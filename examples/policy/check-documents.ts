import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { builtinKinds } from '@sallyport/policy'
import { checkGuide } from '../checks/check-guide.ts'
import { checkLinks } from '../checks/check-links.ts'
import { checkNames, readUnion } from '../checks/check-names.ts'

const here = import.meta.dirname
const root = join(here, '..', '..')
const folder = join(root, 'packages', 'policy')

/** Fails unless guide, reference and README show what is run, name all that there is, and lead somewhere. */
export async function checkDocuments(): Promise<void> {
  const guide = join(root, 'docs', 'guides', 'policy.md')
  const reference = join(root, 'docs', 'policy.md')
  const readme = join(folder, 'README.md')
  await checkGuide(guide, join(here, 'guide'))
  await checkGuide(guide, join(here, 'documents'), ['yaml'])
  await checkGuide(readme, join(here, 'readme'))
  for (const document of [guide, reference, readme]) await checkLinks(document)
  const { dependencies, peerDependencies, exports } = JSON.parse(
    await readFile(join(folder, 'package.json'), 'utf8'),
  ) as { readonly dependencies: object; readonly peerDependencies: object; readonly exports: object }
  for (const entry of Object.keys(exports).filter((name) => name !== './package.json')) {
    await checkNames(readme, Object.keys((await import(`@sallyport/policy${entry.slice(1)}`)) as object))
  }
  await checkNames(readme, await readUnion(join(folder, 'src', 'errors.ts'), 'PolicyErrorCode'))
  await checkNames(reference, [
    ...(await readUnion(join(folder, 'src', 'waivers', 'waiver.ts'), 'WaiverStatus')),
    ...(await readUnion(join(folder, 'src', 'rules', 'rule-kind.ts'), 'RuleMode')),
    ...Object.keys(builtinKinds.preconditions),
    ...Object.keys(builtinKinds.requirements),
  ])
  const ours = Object.keys(dependencies).filter((name) => !name.startsWith('@sallyport/'))
  await checkNames(readme, [...ours, ...Object.keys(peerDependencies)])
}
