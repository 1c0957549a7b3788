import { join } from 'node:path'
import { builtinKinds } from '@sallyport/policy'
import { checkNames, readUnion } from '../checks/check-names.ts'
import { checkPackage } from '../checks/check-package.ts'

const root = join(import.meta.dirname, '..', '..')

/** Fails unless guide, reference and README of the policy show what is run, and name all that there is. */
export async function checkDocuments(): Promise<void> {
  await checkPackage({
    name: 'policy',
    example: import.meta.dirname,
    errorCodes: 'PolicyErrorCode',
    load: (entry) => import(`@sallyport/policy${entry}`) as Promise<object>,
  })
  const source = join(root, 'packages', 'policy', 'src')
  await checkNames(join(root, 'docs', 'policy.md'), [
    ...(await readUnion(join(source, 'waivers', 'waiver.ts'), 'WaiverStatus')),
    ...(await readUnion(join(source, 'rules', 'rule-kind.ts'), 'RuleMode')),
    ...Object.keys(builtinKinds.preconditions),
    ...Object.keys(builtinKinds.requirements),
  ])
}
