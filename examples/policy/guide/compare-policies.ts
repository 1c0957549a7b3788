import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Policy } from '@sallyport/policy'
import { diffPolicies, parseFacts, renderPolicyDiff } from '@sallyport/policy/cases'

/** What another policy would have made of the images that were judged so far. */
export async function comparePolicies(
  before: Policy,
  after: Policy,
  folder: string,
): Promise<{ readonly text: string; readonly looser: boolean }> {
  const files = (await readdir(folder)).toSorted()
  const stored = await Promise.all(
    files.map(async (name) => parseFacts(await readFile(join(folder, name), 'utf8'), { source: name })),
  )
  const diff = diffPolicies(before, after, stored)
  return { text: renderPolicyDiff(diff), looser: diff.changes.some(({ kind }) => kind === 'looser') }
}
