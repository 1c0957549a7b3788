import type { Finding, NewVexStatement, VexOfChangeOptions } from '@sallyport/scan'
import { vexOfChange } from '@sallyport/scan/findings'
import type { TraceCoverage } from '../evidence/trace-coverage.ts'
import type { PackageUsage } from '../usage/usage.ts'

/** What {@link vexOfHardening} judges by. */
export interface VexOfHardeningInput extends VexOfChangeOptions {
  /** Usage of the packages that stayed, as the report has it. */
  readonly kept: readonly PackageUsage[]
  /** What recordings tell of the image. */
  readonly coverage: TraceCoverage
  /** Digests of the recordings, so that a reader can check them. */
  readonly evidence?: readonly string[] | undefined
}

/**
 * OpenVEX statements about the new image: what was removed or patched; and of what stays unreached that its code is not
 * executed, when a complete recording shows so, or that it is under investigation, when none does.
 */
export function vexOfHardening({
  kept,
  coverage,
  evidence = [],
  ...change
}: VexOfHardeningInput): readonly NewVexStatement[] {
  const usages = new Map<string, PackageUsage[]>()
  for (const one of kept) usages.set(one.purl, [...(usages.get(one.purl) ?? []), one])
  const unreached = (finding: Finding): NewVexStatement[] => {
    const found = usages.get(finding.package.purl)
    // One purl may be there twice: what is said must hold for both.
    if (!found?.every(({ usage }) => usage === 'present')) return []
    const about = { vulnerability: finding.id, aliases: finding.aliases, packages: [finding.package.purl] }
    if (coverage !== 'complete')
      return [
        {
          ...about,
          status: 'under_investigation',
          statement: 'no command of the image reaches it; no complete recording',
        },
      ]
    return [
      {
        ...about,
        status: 'not_affected',
        justification: 'vulnerable_code_not_in_execute_path',
        statement: `no command of the image reaches it, and no complete recording shows it${evidence.length > 0 ? ` (${evidence.join(', ')})` : ''}`,
      },
    ]
  }
  return [...vexOfChange(change), ...change.after.flatMap(unreached)]
}
