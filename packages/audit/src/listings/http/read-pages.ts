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
const maxReadings = 4

/** Options of {@link readPages}. */
export interface ReadPagesOptions {
  /** Whether pages are numbered, so that what is deleted before a page changes what is on it. Default `false`. */
  readonly isNumbered?: boolean | undefined
}

/**
 * Reads a list page by page; an entry may come twice. Where pages are numbered, an entry that is deleted meanwhile moves the
 * later ones up, and the first of the next page is missed. When the total falls, the list is read from its start again;
 * where no total is told, it is read until a reading brings nothing new.
 *
 * @param subject what is listed, for errors.
 * @param first leads to the first page.
 * @throws {AuditError} `LISTING_INVALID` when the list goes round in circles or does not end.
 * @throws {AuditError} `LISTING_FAILED` when it changes whenever it is read.
 */
export async function* readPages<Entry>(
  subject: string,
  first: string,
  ask: (to: string) => Promise<ListingPage<Entry>>,
  { isNumbered = false }: ReadPagesOptions = {},
): AsyncGenerator<Entry, void, undefined> {
  const seen = isNumbered ? new Set<string>() : undefined
  for (let reading = 1; reading <= maxReadings; reading++) {
    const { hasShrunk, isSettled } = yield* readOnce(subject, first, ask, seen)
    if (!hasShrunk && isSettled) return
  }
  throw new AuditError(
    'LISTING_FAILED',
    `${subject}: it changes faster than it can be listed; try again later`,
    {
      subject,
      retryable: true,
    },
  )
}

interface Reading {
  /** Under way; then it did not come to its end. */
  readonly hasShrunk: boolean
  /** Whether nothing can have been missed. */
  readonly isSettled: boolean
}

/** @param seen What earlier readings gave, and this one: only what is new comes. `undefined`: all of it comes. */
async function* readOnce<Entry>(
  subject: string,
  first: string,
  ask: (to: string) => Promise<ListingPage<Entry>>,
  seen: Set<string> | undefined,
): AsyncGenerator<Entry, Reading, undefined> {
  const cursors = new Set<string>()
  const contents = new Set<string>()
  let to = first
  let empty = 0
  let total: number | undefined
  const before = seen?.size
  for (let page = 1; ; page++) {
    if (to.length > maxCursorLength) throw endless(subject, 'its link to the next page is too long')
    if (!isNew(cursors, to)) throw endless(subject, 'it leads to the same page again')
    const got = await ask(to)
    if (got.total !== undefined) {
      if (got.total < (total ?? 0)) return { hasShrunk: true, isSettled: false }
      total = got.total
    }
    empty = got.entries.length === 0 ? empty + 1 : 0
    if (empty === 0 && !isNew(contents, JSON.stringify(got.entries)))
      throw endless(subject, 'it gives the same page again')
    yield* seen === undefined
      ? got.entries
      : got.entries.filter((entry) => isNew(seen, JSON.stringify(entry)))
    if (got.next === undefined) {
      const isSettled = page === 1 || total !== undefined || seen?.size === before
      return { hasShrunk: false, isSettled }
    }
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
