import { canonicalJson, digestOf } from '@sallyport/core'
import { AdmissionError } from '../errors.ts'
import type { RevocationSource } from '../ports/revocation-source.ts'
import { indexRevocations, type RevocationIndex, type RevokedKeys } from './revocation-index.ts'
import type { RevocationList } from './revocation-list.ts'

/** What is revoked at a moment. */
export interface RevocationView {
  readonly keys: RevokedKeys
  /** Differs when the keys do: what was verified with others does not count. */
  readonly keysVersion: string
  findDigest(digests: readonly string[]): { readonly digest: string; readonly reason: string } | undefined
}

/** Shows what is revoked, from a list that is read again at most every second. */
export interface RevocationDesk {
  /** Rejects when the list can't be read. */
  view(now: { readonly wall: number; readonly elapsed: number }): Promise<RevocationView>
}

const refreshMs = 1_000
const timeoutMs = 10_000
const nothing: RevocationList = { source: 'nothing', version: digestOf(''), revocations: [] }

/** Makes a desk over a source; without one nothing is revoked. */
export function createRevocationDesk(source: RevocationSource | undefined): RevocationDesk {
  let last: { readonly list: RevocationList; readonly readAt: number } | undefined
  let reading: Promise<RevocationList> | undefined
  let indexed: { readonly list: RevocationList; readonly index: RevocationIndex } | undefined
  let made:
    | { readonly list: RevocationList; readonly second: number; readonly view: RevocationView }
    | undefined

  function read(elapsed: number): Promise<RevocationList> {
    if (source === undefined) return Promise.resolve(nothing)
    if (last !== undefined && elapsed - last.readAt < refreshMs) return Promise.resolve(last.list)
    reading ??= (async () => {
      try {
        const list = await readInTime(source)
        last = { list, readAt: elapsed }
        return list
      } catch (error) {
        // What can't be read now must not count as what it was.
        last = undefined
        throw error
      } finally {
        reading = undefined
      }
    })()
    return reading
  }

  return {
    async view({ wall, elapsed }) {
      const list = await read(elapsed)
      const second = Math.floor(wall / 1000)
      if (made?.list === list && made.second === second) return made.view
      if (indexed?.list !== list) indexed = { list, index: indexRevocations(list) }
      const { index } = indexed
      const now = new Date(wall)
      const keys = index.keysAt(now)
      const version = canonicalJson([...keys].map(([key, { from }]) => [key, from.getTime()]))
      const view: RevocationView = {
        keys,
        keysVersion: keys.size > 8 ? digestOf(version) : version,
        findDigest: (digests) => index.findDigest(digests, now),
      }
      made = { list, second, view }
      return view
    },
  }
}

/** One caller's end must not be that of all who wait for the list, and a source that hangs must not hang for ever. */
async function readInTime(source: RevocationSource): Promise<RevocationList> {
  const stop = new AbortController()
  const timeout = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    const error = new AdmissionError(
      'REVOCATIONS_INVALID',
      `the list could not be read within ${timeoutMs} ms`,
    )
    stop.abort(error)
    timeout.reject(error)
  }, timeoutMs)
  try {
    return await Promise.race([source.read({ signal: stop.signal }), timeout.promise])
  } finally {
    clearTimeout(timer)
  }
}
