import { OciError } from '../errors.ts'
import { nextPage } from '../http/parse-link.ts'
import type { WireAnswer } from '../http/transport.ts'

/** One page of a list of names. */
export interface NamePage {
  readonly names: readonly string[]
  readonly answer: Pick<WireAnswer, 'headers' | 'url'>
}

/** Options of {@link readNames}. */
export interface ReadNamesOptions {
  /** What is listed and where, for messages. */
  readonly subject: string
  /** Path and query of the first page. */
  readonly first: string
  /** Names that were asked for on each page. */
  readonly pageSize: number
  /** `undefined` when there is no list. */
  readonly ask: (to: string | URL) => Promise<NamePage | undefined>
  /** Path and query of the page after a name; `undefined` where only `Link` leads there. */
  readonly after: (name: string) => string | undefined
}

const maxPages = 10_000
const maxNames = 2_000_000
/** Pages in a row without a new name, after which a list is taken to go round in circles. */
const maxStalePages = 20

/**
 * The names of a list (tags, repositories), page by page, each once, in the order of the registry. `Link` says what comes
 * next; only a page that is exactly full and has none is followed by `last`, since then a registry may have left the
 * field out. A page that is short or empty is not the end while there is a `Link`.
 *
 * @throws {OciError} `LIMIT_EXCEEDED` when the list does not end.
 */
export async function* readNames({
  subject,
  first,
  pageSize,
  ask,
  after,
}: ReadNamesOptions): AsyncGenerator<string, void, undefined> {
  const seen = new Set<string>()
  const asked = new Set<string>()
  let to: string | URL = first
  let stale = 0
  for (let page = 1; ; page++) {
    const got = await ask(to)
    if (got === undefined) return
    const fresh: string[] = got.names.filter((name) => !seen.has(name))
    for (const name of fresh) seen.add(name)
    yield* new Set(fresh)
    stale = fresh.length === 0 ? stale + 1 : 0

    const link = nextPage(got.answer.headers('link'), got.answer.url)
    const last = got.names.at(-1)
    const isFull = got.names.length === pageSize && stale === 0
    const next = link ?? (isFull && last !== undefined ? after(last) : undefined)
    if (next === undefined) return
    to = next
    const key = typeof to === 'string' ? to : to.href
    if (page >= maxPages || seen.size > maxNames || stale >= maxStalePages || asked.has(key)) {
      throw new OciError('LIMIT_EXCEEDED', `${subject} does not end`, { reference: subject })
    }
    asked.add(key)
  }
}
