import type { Digest } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { nextPage } from '../http/parse-link.ts'
import type { ReferrerDiscovery } from '../ports/repository.ts'
import { type ListEntry, listedEntries } from '../referrers/verify-referrers.ts'
import { callAndRead, type RegistryContext } from './registry-context.ts'

const maxPages = 1000
const maxPageBytes = 8 * 1024 * 1024
const maxListBytes = 64 * 1024 * 1024
const maxListed = 10_000

/** What the referrers API of a registry says. Entries prove nothing. */
export type ReferrersApiAnswer = {
  readonly entries: readonly ListEntry[]
  /** `false` when the list is longer than was read, or does not end. */
  readonly complete: boolean
} & (
  | { readonly answer: Exclude<ReferrerDiscovery['referrersApi'], 'denied'> }
  | { readonly answer: 'denied'; readonly denial: OciError }
)

/** What is known where there is no list. */
const nothing = { entries: [], complete: true } as const

/**
 * Reads the list of the referrers API over all its pages, one request each ("Listing Referrers"). The first page says
 * whether there is a list; a later one that fails is an error, since the list would be silently shorter.
 *
 * @throws {OciError} `LIMIT_EXCEEDED` when the list does not end.
 */
export async function readReferrersApi(
  context: RegistryContext,
  subject: Digest,
  { artifactType, signal }: { artifactType?: string | undefined; signal: AbortSignal | undefined },
): Promise<ReferrersApiAnswer> {
  const filter = artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(artifactType)}`
  const listed = new Map<Digest, ListEntry>()
  const asked = new Set<string>()
  let to: string | URL = `referrers/${subject}${filter}`
  let read = 0
  for (let page = 1; ; page++) {
    const first = page === 1
    const got = await askPage(context, subject, to, first, signal)
    if ('entries' in got) return got
    const { answer, bytes } = got
    const entries = listedEntries(bytes)
    if (entries === undefined) {
      // Behind a proxy a path that does not exist may end at a login page with status 200.
      if (first) return { answer: 'unusable', ...nothing }
      throw new OciError(
        'REGISTRY_ERROR',
        `${context.name}: page ${page} of the referrers of ${subject} is no list`,
        {
          reference: context.name,
        },
      )
    }
    read += bytes.byteLength
    for (const entry of entries) if (!listed.has(entry.digest)) listed.set(entry.digest, entry)
    const next = nextPage(answer.headers('link'), answer.url)
    if (
      next === undefined ||
      page >= maxPages ||
      listed.size > maxListed ||
      read > maxListBytes ||
      asked.has(next.href)
    ) {
      const complete = next === undefined && listed.size <= maxListed
      return { answer: 'listed', entries: [...listed.values()].slice(0, maxListed), complete }
    }
    asked.add(next.href)
    to = next
  }
}

async function askPage(
  context: RegistryContext,
  subject: Digest,
  to: string | URL,
  first: boolean,
  signal: AbortSignal | undefined,
): Promise<ReferrersApiAnswer | Awaited<ReturnType<typeof callAndRead>>> {
  try {
    const page = await callAndRead(
      context,
      {
        method: 'GET',
        to,
        access: 'pull',
        action: `list the referrers of ${subject}`,
        expect: first ? [200, 400, 404, 405, 406, 501] : [200],
        headers: { accept: 'application/vnd.oci.image.index.v1+json' },
        signal,
      },
      maxPageBytes,
    )
    const { status } = page.answer
    if (status === 200) return page
    return { answer: status === 400 || status === 406 ? 'unusable' : 'missing', ...nothing }
  } catch (error) {
    if (!first || !(error instanceof OciError) || error.status === undefined) throw error
    // Old Harbors say so of a path that they do not know. Who asked has to find out what else may be read.
    if (error.status === 401 || error.status === 403) return { answer: 'denied', ...nothing, denial: error }
    // A redirect to a place that must not be followed: a login page of a more private network.
    if (error.status >= 300 && error.status < 400) return { answer: 'unusable', ...nothing }
    throw error
  }
}
