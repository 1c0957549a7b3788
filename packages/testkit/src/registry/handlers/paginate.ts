import { RegistryFault } from '../registry-fault.ts'
import { type HandlerInput, locationOf } from './registry-context.ts'

/** A part of a list, and the `Link` to the next part. */
export interface Page {
  readonly names: readonly string[]
  readonly headers: Readonly<Record<string, string>>
}

/** How to cut a list into pages. */
export interface PageRules {
  readonly maximum: number
  /** What an `n` above the maximum gets. */
  readonly oversized: 'clamped' | 405 | 413
  /** Leaves the first component of the repository out of the link. */
  readonly linkDropsPrefix: boolean
}

/**
 * The page that `n` and `last` ask for (OCI distribution specification, "Listing Tags"). `names` is in the order of
 * the list; an unknown `last` is a place in the alphabet.
 */
export function paginate(
  { request, context }: HandlerInput,
  names: readonly string[],
  rules: PageRules,
): Page {
  const wanted = request.query.get('n')
  if (wanted !== null && !/^\d{1,9}$/.test(wanted))
    throw new RegistryFault(400, 'SIZE_INVALID', 'n is no number')
  if (wanted !== null && Number(wanted) > rules.maximum && rules.oversized !== 'clamped') {
    throw new RegistryFault(rules.oversized, 'UNSUPPORTED', `n may be ${rules.maximum} at most`)
  }
  const size = Math.min(wanted === null ? rules.maximum : Number(wanted), rules.maximum)
  const last = request.query.get('last')
  const rest = last === null ? names : after(names, last)
  const page = rest.slice(0, size)
  const end = page.at(-1)
  if (end === undefined || rest.length <= size) return { names: page, headers: {} }
  const query = new URLSearchParams({ n: String(size), last: end })
  const path = rules.linkDropsPrefix ? request.path.replace(/^(\/v2\/)[^/]+\//, '$1') : request.path
  return { names: page, headers: { link: `<${locationOf(context, `${path}?${query}`)}>; rel="next"` } }
}

function after(names: readonly string[], last: string): readonly string[] {
  const at = names.indexOf(last)
  return at < 0 ? names.filter((name) => name > last) : names.slice(at + 1)
}
