import { nextPage } from '@sallyport/oci/cloud'
import { AuditError } from '../../errors.ts'
import type { ListingAnswer } from './listing-http.ts'

/**
 * Where the `Link` field of an answer (RFC 8288) leads for the next page.
 *
 * @throws {AuditError} `LISTING_INVALID` when it is malformed or leads to another origin.
 */
export function nextLink({ headers, url }: ListingAnswer, subject: string): string | undefined {
  try {
    return nextPage(headers('link'), url)?.href
  } catch (cause) {
    throw new AuditError('LISTING_INVALID', `${subject}: the link to the next page can't be followed`, {
      subject,
      cause,
    })
  }
}
