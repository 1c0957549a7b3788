import { canonicalJson, digestOf } from '@sallyport/core'
import type { ScanData, Scanner } from '@sallyport/scan'
import type { AuditTerms } from '../audit-terms.ts'

/** Names terms: equal for terms by which the same evidence is judged the same. */
export interface TermsKey {
  /** All but the scanners' data: an audit goes on under it. */
  readonly terms: string
  /** With the scanners' data: what was found under it may be used again. */
  readonly full: string
}

/** Another one where the same terms judge otherwise than they did. */
const version = 2

/** Makes keys of terms; the data of each scanner are asked for once. */
export function createTermsKeys(
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
    const known = keys.get(terms) ?? createKey(terms, dataOf)
    keys.set(terms, known)
    return known
  }
}

async function currentData(
  scanner: Scanner,
  signal: AbortSignal | undefined,
): Promise<readonly ScanData[] | undefined> {
  try {
    return await scanner.currentData?.({ signal })
  } catch {
    signal?.throwIfAborted()
    return undefined
  }
}

async function createKey(
  { root, present, ...others }: AuditTerms,
  dataOf: (scanner: Scanner) => Promise<readonly ScanData[] | undefined>,
): Promise<TermsKey> {
  const terms = canonicalJson({
    version,
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
      scanners: present.scanners.map((scanner) => scanner.name),
    },
  })
  const data = await Promise.all((present?.scanners ?? []).map(dataOf))
  return {
    terms: digestOf(terms),
    full: digestOf(canonicalJson({ terms, data: data.map((each) => each ?? 'unknown') })),
  }
}
