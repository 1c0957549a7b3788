import * as z from 'zod'
import type { KmsClient } from './kms-client.ts'
import { type KmsKey, kmsError } from './kms-key.ts'

const schema = z.object({
  cryptoKeyVersions: z.array(z.object({ name: z.string(), state: z.string() })).default([]),
  nextPageToken: z.string().max(4096).default(''),
})
const maxPages = 20

/**
 * The newest enabled version of a key of Google's, by its number: sorted as text, 9 would come after 10.
 *
 * @throws {AttestError} `KMS_ERROR` when there is none, or the list does not end.
 */
export async function findEnabledVersion(
  client: KmsClient,
  key: KmsKey,
  cryptoKey: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const prefix = `${cryptoKey}/cryptoKeyVersions/`
  let newest = 0
  let pageToken = ''
  for (let page = 0; page < maxPages; page++) {
    const query = new URLSearchParams({
      filter: 'state=ENABLED',
      pageSize: '100',
      ...(pageToken === '' ? {} : { pageToken }),
    })
    const path = `/v1/${cryptoKey}/cryptoKeyVersions?${query}`
    const list = await client.call({ method: 'GET', path, answer: schema, signal })
    for (const { name, state } of list.cryptoKeyVersions) {
      const number = name.startsWith(prefix) ? name.slice(prefix.length) : ''
      if (state === 'ENABLED' && /^[1-9]\d{0,9}$/.test(number)) newest = Math.max(newest, Number(number))
    }
    pageToken = list.nextPageToken
    if (pageToken === '') {
      if (newest === 0) throw kmsError('KMS_ERROR', key, 'the key has no enabled version')
      return prefix + newest
    }
  }
  throw kmsError('KMS_ERROR', key, `the key has more than ${maxPages} pages of versions: name one`)
}
