import type { HardenReport } from '@sallyport/harden'
import { type HardenDocument, provenanceOfHardening, vexOfHardening } from '@sallyport/harden/report'
import type { Inventory } from '@sallyport/inventory'
import { type Finding, writeOpenVex } from '@sallyport/scan'

/** What is attached to the new image: OpenVEX about it, and the predicate of its provenance. */
export function describeChange(
  { report, inventory }: { readonly report: HardenReport; readonly inventory: Inventory },
  document: HardenDocument,
  findings: { readonly before: readonly Finding[]; readonly after: readonly Finding[] },
): { readonly vex: string; readonly provenance: Readonly<Record<string, unknown>> } {
  const { kept } = report
  const now = new Date()
  const { subject, platform } = inventory
  const repository = 'registry.example/team/app'
  return {
    vex: writeOpenVex({
      subject,
      repository,
      author: 'team',
      timestamp: now,
      statements: vexOfHardening({
        ...findings,
        packages: inventory.packages,
        kept,
        coverage: document.coverage,
      }),
    }),
    provenance: provenanceOfHardening(document, {
      source: `${repository}@${document.image.before}`,
      platform: `${platform.os}/${platform.architecture}`,
      builder: { id: 'https://ci.example/harden', version: { tool: '1.0.0' } },
      finishedOn: now,
    }),
  }
}
