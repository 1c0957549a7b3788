import { canonicalJson, digestOf } from '@sallyport/core'
import type { ScanData, Scanner } from '@sallyport/scan'
import type { AuditTerms } from '../audit-terms.ts'
import { packageVersion } from '../package-version.ts'

/** Names terms: equal for terms by which the same evidence is judged the same. */
export interface TermsKey {
  /** All but the scanners' data: an audit goes on under it. */
  readonly terms: string
  /** With the scanners' data: what was found under it may be used again. */
  readonly full: string
}

/** Another one where the same terms judge otherwise than they did. */
const version = 2

/**
 * Makes keys of terms; the data of each scanner are asked for once. Where one can't tell them, they may be others in another
 * audit: what was found is then good for this one alone.
 */
export function createTermsKeys(
  audit: string,
  signal: AbortSignal | undefined,
): (terms: AuditTerms | undefined) => Promise<TermsKey> {
  const data = new Map<Scanner, Promise<readonly ScanData[] | undefined>>()
  const keys = new WeakMap<AuditTerms, Promise<TermsKey>>()
  const dataOf = (scanner: Scanner): Promise<readonly ScanData[] | undefined> => {
    const known = data.get(scanner) ?? currentData(scanner, signal)
    data.set(scanner, known)
    return known
  }
  return (terms) => {
    if (terms === undefined) return Promise.resolve({ terms: 'skipped', full: 'skipped' })
    const known = keys.get(terms) ?? createKey(terms, audit, dataOf)
    keys.set(terms, known)
    return known
  }
}

async function currentData(
  scanner: Scanner,
  signal: AbortSignal | undefined,
): Promise<readonly ScanData[] | undefined> {
  try {
    const data = await scanner.currentData?.({ signal })
    const isKnown = data?.length && data.every(({ digest, updatedAt }) => digest ?? updatedAt)
    return isKnown ? data : undefined
  } catch {
    signal?.throwIfAborted()
    return undefined
  }
}

async function createKey(
  { root, present, ...others }: AuditTerms,
  audit: string,
  dataOf: (scanner: Scanner) => Promise<readonly ScanData[] | undefined>,
): Promise<TermsKey> {
  const terms = canonicalJson({
    version: [version, packageVersion],
    ...others,
    root: root?.digest,
    present: present && {
      policy: present.policy.digest,
      waivers: present.waivers?.map((file) => file.digest),
      vex: present.vex?.map((one) => digestOf(canonicalJson(one))),
      ignore: present.ignore?.map(({ rules, owner }) => ({
        owner,
        rules: rules.map((rule) => ({ ...rule, matches: undefined })),
      })),
      scanners: present.scanners.map(({ name, settings }) => ({ name, settings })),
    },
  })
  const data = await Promise.all((present?.scanners ?? []).map(dataOf))
  return {
    terms: digestOf(terms),
    full: digestOf(canonicalJson({ terms, data: data.map((each) => each ?? { unknownIn: audit }) })),
  }
}
