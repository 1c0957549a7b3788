import * as z from 'zod'
import type { AskListing } from './listing-http.ts'
import { nextLink } from './next-link.ts'
import { parsePage } from './read-json.ts'
import { readPages } from './read-pages.ts'

const pageSize = 1000
const schema = z.object({ repositories: z.array(z.string()).nullish() })

/**
 * The repositories of a catalog of the distribution API. Only whether there is a `Link` counts, not where it leads: some
 * registries leave parts of the path out of it. A full page without one may not be the last.
 */
export function listCatalog(
  ask: AskListing,
  path: string,
  told: { readonly subject: string; readonly action: string; readonly permission: string },
): AsyncGenerator<string, void, undefined> {
  return readPages(told.subject, '', async (last) => {
    const query = new URLSearchParams({ n: String(pageSize), ...(last === '' ? {} : { last }) })
    const answer = await ask({ to: `${path}?${query}`, ...told })
    const entries = parsePage(answer.json, schema, told.subject).repositories ?? []
    const more = entries.length >= pageSize || answer.header('link') !== undefined
    // Registries that take out what an account may not see can leave a page empty: then only its link says where it ended.
    return { entries, next: more ? (entries.at(-1) ?? lastOf(nextLink(answer, told.subject))) : undefined }
  })
}

/** Nothing is a page that was read: it is refused. */
const lastOf = (link: string | undefined): string => URL.parse(link ?? '')?.searchParams.get('last') ?? ''
