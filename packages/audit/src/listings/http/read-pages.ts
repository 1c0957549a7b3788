import { createHash } from 'node:crypto'
import { AuditError } from '../../errors.ts'

/** One page of a list. */
export interface ListingPage<Entry> {
  readonly entries: readonly Entry[]
  /** Leads to the page after this one: a URL, a number, a token; absent on the last. */
  readonly next: string | undefined
  /** How many there are on all pages, where the service says so. */
  readonly total?: number | undefined
}

const maxPages = 20_000
/** Pages in a row without an entry, after which a list is taken to have no end. */
const maxEmptyPages = 20
const maxCursorLength = 16 * 1024
const maxRestarts = 3

/**
 * Reads a list page by page. Where pages are numbered, an entry that is deleted meanwhile moves the later ones up, and the
 * first of the next page would be missed: when the total falls, the list is read from its start again, so an entry may come
 * twice.
 *
 * @param subject what is listed, for errors.
 * @param first leads to the first page.
 * @throws {AuditError} `LISTING_INVALID` when the list goes round in circles or does not end.
 * @throws {AuditError} `LISTING_FAILED` when it shrinks whenever it is read.
 */
export async function* readPages<Entry>(
  subject: string,
  first: string,
  ask: (to: string) => Promise<ListingPage<Entry>>,
): AsyncGenerator<Entry, void, undefined> {
  for (let start = 0; start <= maxRestarts; start++) {
    const ended = yield* readOnce(subject, first, ask)
    if (ended) return
  }
  throw new AuditError(
    'LISTING_FAILED',
    `${subject}: entries are deleted faster than they can be listed; try again later`,
    {
      subject,
      retryable: true,
    },
  )
}

/** Whether it came to the end; otherwise the list has shrunk under way. */
async function* readOnce<Entry>(
  subject: string,
  first: string,
  ask: (to: string) => Promise<ListingPage<Entry>>,
): AsyncGenerator<Entry, boolean, undefined> {
  const cursors = new Set<string>()
  const contents = new Set<string>()
  let to = first
  let empty = 0
  let total = 0
  for (let page = 1; ; page++) {
    if (to.length > maxCursorLength) throw endless(subject, 'its link to the next page is too long')
    if (!isNew(cursors, to)) throw endless(subject, 'it leads to the same page again')
    const got = await ask(to)
    if (got.total !== undefined) {
      if (got.total < total) return false
      total = got.total
    }
    empty = got.entries.length === 0 ? empty + 1 : 0
    if (empty === 0 && !isNew(contents, JSON.stringify(got.entries)))
      throw endless(subject, 'it gives the same page again')
    yield* got.entries
    if (got.next === undefined) return true
    if (page >= maxPages || empty >= maxEmptyPages) throw endless(subject, 'there are too many pages')
    to = got.next
  }
}

/** Only hashes are kept: pages may be as large as a service likes. */
function isNew(seen: Set<string>, text: string): boolean {
  const hash = createHash('sha256').update(text, 'utf8').digest('base64url').slice(0, 22)
  return seen.size < seen.add(hash).size
}

function endless(subject: string, why: string): AuditError {
  return new AuditError('LISTING_INVALID', `${subject}: the listing does not end: ${why}`, { subject })
}
