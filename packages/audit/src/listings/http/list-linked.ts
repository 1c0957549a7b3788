import type * as z from 'zod'
import { type AskListing, type ListingAnswer, type ListingRequest, toTarget } from './listing-http.ts'
import { nextLink } from './next-link.ts'
import { parsePage } from './read-json.ts'
import { readPages } from './read-pages.ts'

/** Options of {@link listLinked}. */
export interface ListLinkedOptions<Entry> {
  /** Of a page. */
  readonly schema: z.ZodType<readonly Entry[]>
  /** Field of the header that may tell how many entries there are on all pages. Default: none does. */
  readonly totalField?: string | undefined
}

/** The entries of a list of numbered pages, each of which leads to the next by `Link`. */
export function listLinked<Entry>(
  ask: AskListing,
  request: ListingRequest & { readonly to: string },
  { schema, totalField }: ListLinkedOptions<Entry>,
): AsyncGenerator<Entry, void, undefined> {
  const readPage = async (to: string) => {
    const answer = await ask({ ...request, to: toTarget(to) })
    return {
      entries: parsePage(answer.json, schema, request.subject),
      next: nextLink(answer, request.subject),
      total: totalField === undefined ? undefined : totalOf(answer, totalField),
    }
  }
  return readPages(request.subject, request.to, readPage, { isNumbered: true })
}

function totalOf({ header }: ListingAnswer, field: string): number | undefined {
  const told = header(field)
  return told !== undefined && /^\d{1,15}$/.test(told) ? Number(told) : undefined
}
