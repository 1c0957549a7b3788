import type { Finding } from '@sallyport/scan'
import type { HardenReport } from '../harden-result.ts'
import type { PackageUsage, UsageEdge } from '../usage/usage.ts'
import type { KeptFinding } from './harden-document.schema.ts'

/** A fix that exists and was not applied, such as one whose maintainer script does more than is known to be safe. */
export interface FixRefusal {
  /** purl of the package that has the fix. */
  readonly purl: string
  /** Why it was not applied. */
  readonly reason: string
}

/** Why a finding is still there, and what would let it go. */
export function explainKept(
  finding: Finding,
  report: HardenReport,
  refusals: readonly FixRefusal[],
): KeptFinding {
  const { id, severity, fix, package: found } = finding
  const used =
    report.kept.find(({ purl }) => purl === found.purl) ??
    // It was patched: the report knows it by its old version.
    report.kept.find(({ purl }) => withoutVersion(purl) === withoutVersion(found.purl))
  const refusal = refusals.find(({ purl }) => purl === found.purl)
  const { block, detail } = blockOf(used, report)
  const hasFix = fix.state === 'fixed' && fix.versions.length > 0
  return {
    id,
    severity,
    purl: found.purl,
    package: found.name,
    version: found.version,
    usage: used?.usage ?? 'possible',
    block,
    detail,
    fix: refusal ? 'fix-refused' : hasFix ? 'patched-available' : 'no-fix-available',
    fixDetail: refusal?.reason ?? (hasFix ? fix.versions.join(', ') : fix.state),
    chain: (used?.chain ?? []).map(describeStep),
    remedies: [
      ...remediesOf(block, detail, found.name),
      ...(hasFix ? [`upgrade to ${fix.versions.at(-1)}`] : []),
    ],
  }
}

const withoutVersion = (purl: string) => purl.replace(/@[^?#]*/, '')

function blockOf(
  used: PackageUsage | undefined,
  { unchangedBecause, mode }: HardenReport,
): Pick<KeptFinding, 'block' | 'detail'> {
  const { usage, keptBy, chain } = used ?? { usage: 'possible', keptBy: undefined, chain: [] }
  // Nothing could be removed at all: that is what holds it, whatever it is used for.
  if (unchangedBecause !== undefined && usage === 'possible' && chain.length === 0)
    return { block: 'db-not-editable', detail: unchangedBecause }
  switch (usage) {
    case 'executed':
    case 'loaded':
      return { block: 'needed-executed' }
    case 'linked':
      return { block: 'needed-linked' }
    case 'possible':
      return chain.at(-1)?.kind === 'unowned' ? { block: 'unowned-binary' } : { block: 'needed-possible' }
    case 'present':
      break
  }
  switch (keptBy?.reason) {
    case 'dependency':
      return { block: 'needed-by-dependency', detail: keptBy.detail }
    case 'protected':
      return { block: 'needed-by-policy', detail: keptBy.detail }
    case 'not-removable':
      return { block: 'db-not-editable', detail: keptBy.detail }
    case undefined:
      return { block: 'unused', detail: unchangedBecause ?? `mode ${mode}` }
  }
}

function remediesOf(
  block: KeptFinding['block'],
  detail: string | undefined,
  name: string,
): readonly string[] {
  switch (block) {
    case 'needed-executed':
    case 'needed-linked':
      return ['replace or rebuild the program that needs it']
    case 'needed-possible':
      return ['a complete recording of the running image, to see whether it is used at all']
    case 'needed-by-policy':
      return [`${name} is protected (${detail}): a waiver`]
    case 'needed-by-dependency':
      return ['mode `relaxed` with a smoke test, which opens dependencies that no file needs']
    case 'unowned-binary':
      return ['rebuild or leave out the file: no package holds it']
    case 'db-not-editable':
      return [`remove it where the image is built (${detail})`]
    case 'unused':
      return ['harden the image']
  }
}

/** A step of a chain in words: `/usr/sbin/nginx -needed-> /usr/lib/libssl.so.3 (libssl.so.3)`. */
function describeStep({ kind, from, to, proof }: UsageEdge): string {
  const start = from === to ? '' : `${from} `
  return `${start}-${kind}-> ${to}${proof === undefined || proof === to ? '' : ` (${proof.slice(0, 200)})`}`
}
