import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as harden from '@sallyport/harden'
import * as evidence from '@sallyport/harden/evidence'
import * as kubernetes from '@sallyport/harden/kubernetes'
import * as patch from '@sallyport/harden/patch'
import * as recordings from '@sallyport/harden/recordings'
import * as report from '@sallyport/harden/report'
import * as smoke from '@sallyport/harden/smoke'
import { checkGuide } from '../checks/check-guide.ts'
import { checkLinks } from '../checks/check-links.ts'
import { checkNames, readUnion } from '../checks/check-names.ts'

const here = import.meta.dirname
const root = join(here, '..', '..')
const folder = join(root, 'packages', 'harden')

/** All entry points of the package; a new one without a row here fails {@link checkDocuments}. */
const entries = {
  '.': harden,
  './evidence': evidence,
  './kubernetes': kubernetes,
  './patch': patch,
  './recordings': recordings,
  './report': report,
  './smoke': smoke,
}

/** What has a row, or a place, in the reference or the README. */
const unions = [
  ['errors.ts', 'HardenErrorCode'],
  ['usage/usage.ts', 'Usage'],
  ['usage/usage.ts', 'UsageEdgeKind'],
  ['patch/patch-report.ts', 'PatchState'],
  ['config/config-check.ts', 'ConfigCheckId'],
  ['config/config-check.ts', 'ConfigCheckState'],
  ['strip/strip-options.ts', 'StripCategory'],
  ['smoke/smoke-test.ts', 'SmokeResult.status'],
] as const

/** Fails unless guide, reference and README show what is run, name all that there is, and lead somewhere. */
export async function checkDocuments(): Promise<void> {
  const guide = join(root, 'docs', 'guides', 'hardening.md')
  const reference = join(root, 'docs', 'hardening.md')
  const readme = join(folder, 'README.md')
  await checkGuide(guide, join(here, 'guide'))
  await checkGuide(readme, join(here, 'readme'))
  await checkLinks(guide)
  await checkLinks(reference)
  await checkLinks(readme)
  const { dependencies, exports } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    readonly dependencies: object
    readonly exports: object
  }
  const unchecked = Object.keys(exports).filter((entry) => entry !== './package.json' && !(entry in entries))
  if (unchecked.length > 0) throw new Error(`nothing checks the names of harden ${unchecked.join(', ')}`)
  await checkNames(
    [readme, guide],
    Object.values(entries).flatMap((entry) => Object.keys(entry)),
  )
  for (const [file, union] of unions)
    await checkNames([readme, reference], await readUnion(join(folder, 'src', file), union))
  await checkNames(readme, Object.keys(dependencies))
}
