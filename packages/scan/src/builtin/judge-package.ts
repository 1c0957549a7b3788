import type { Package } from '@sallyport/inventory'
import { isBundle, isCve } from '../advisories/advisory-ids.ts'
import { extensionOf } from '../advisories/advisory-extension.ts'
import { type AdvisoryEntry, type AdvisoryIndex, identityOf } from '../advisories/advisory-index.ts'
import { evaluateAffected, type Evaluation } from '../advisories/evaluate-affected.ts'
import type { EcosystemChoice } from './ecosystem-of.ts'
import { concerns, type Lookup, lookupsOf } from './lookups-of.ts'

/** An advisory that affects a package. */
export interface Hit {
  readonly entry: AdvisoryEntry
  readonly evaluation: Extract<Evaluation, { status: 'affected' }>
  /** The fix is only for subscribers, and the image is none. */
  readonly fixNeedsSubscription: boolean
}

/** What all advisories say of one package. */
export interface Judgement {
  readonly hits: readonly Hit[]
  /** Advisories that could not be compared: id and version. */
  readonly unreadable: readonly string[]
}

/** Options of {@link judgePackage}. */
export interface JudgeOptions {
  readonly ubuntuPro: boolean
  readonly builtUsing: boolean
  /** Vulnerabilities of which others have the say; advisories of them do not count. */
  readonly spokenOf?: ReadonlySet<string> | undefined
}

/**
 * Judges one package by all advisories that name it. What a distribution's own source (a record with our extension)
 * finds not affected stays so, whatever records of others say of that vulnerability; each source that is built in is
 * judged by itself.
 */
export function judgePackage(
  pkg: Package,
  ecosystem: Extract<EcosystemChoice, { ok: true }>,
  index: AdvisoryIndex,
  { ubuntuPro, builtUsing, spokenOf = new Set() }: JudgeOptions,
): Judgement {
  const parts = lookupsOf(pkg, { builtUsing }).map((lookups) =>
    judgeLookups(pkg, lookups, ecosystem, index, ubuntuPro, spokenOf),
  )
  return {
    hits: parts.flatMap(({ hits }) => hits),
    unreadable: parts.flatMap(({ unreadable }) => unreadable),
  }
}

function judgeLookups(
  pkg: Package,
  lookups: readonly Lookup[],
  { names, base, subscription }: Extract<EcosystemChoice, { ok: true }>,
  index: AdvisoryIndex,
  ubuntuPro: boolean,
  spokenOf: ReadonlySet<string>,
): Judgement {
  const hits: Hit[] = []
  const unreadable: string[] = []
  const safe: AdvisoryEntry[] = []
  for (const lookup of lookups) {
    const find = (name: string | undefined): readonly AdvisoryEntry[] =>
      name === undefined
        ? []
        : index
            .find(name, lookup.name)
            .filter((entry) => concerns(pkg, lookup, entry) && !clears(spokenOf, entry))
    const plain = [...names, base].flatMap(find)
    const paid = find(subscription)
    // a record may speak for both: subscribers go by what it says for them, others by the public part
    const [first, second] = ubuntuPro ? [paid, plain] : [plain, paid]
    const spoken = new Set(first.map(({ record }) => record.id))
    for (const entry of [...first, ...second.filter(({ record }) => !spoken.has(record.id))]) {
      const evaluation = evaluateAffected(pkg.type, lookup.version, entry.affected)
      if (evaluation.status === 'affected') {
        hits.push({ entry, evaluation, fixNeedsSubscription: !ubuntuPro && paid.includes(entry) })
      } else if (evaluation.status === 'unknown') {
        unreadable.push(`${entry.record.id} (${evaluation.unparseable})`)
      } else if (isOwn(entry)) {
        safe.push(entry)
      }
    }
  }
  if (safe.length === 0 || hits.every(({ entry }) => isOwn(entry))) return { hits, unreadable }
  const cleared = new Set(safe.flatMap(({ record }) => namesOf(record)))
  return { hits: hits.filter(({ entry }) => isOwn(entry) || !clears(cleared, entry)), unreadable }
}

/** Whether a record comes from the distribution's own source, through one of our converters. */
function isOwn({ affected }: AdvisoryEntry): boolean {
  return extensionOf(affected).name !== undefined
}

/** Whether an advisory is about none but these vulnerabilities: one of several only when all of them are. */
function clears(cleared: ReadonlySet<string>, { record }: AdvisoryEntry): boolean {
  const members = isBundle(record.id)
    ? [...(record.upstream ?? []), ...(record.aliases ?? [])].filter((id) => !isBundle(id))
    : namesOf(record)
  const cves = members.filter(isCve)
  if (cves.length > 0) return cves.every((id) => cleared.has(id))
  return members.some((id) => cleared.has(id))
}

/** What a record itself calls its vulnerability: ids that others join to it may be of more than one. */
function namesOf(record: AdvisoryEntry['record']): readonly string[] {
  return [record.id, ...identityOf(record)]
}
