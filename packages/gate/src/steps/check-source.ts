import { isDigest } from '@sallyport/core'
import { GateError } from '../errors.ts'
import type { GateContext } from '../promote/gate-context.ts'
import type { PromotionRequest } from '../promote/request.ts'
import type { Resolution } from '../promote/resolution.ts'
import { openSource } from './open-source.ts'

/**
 * Refuses a source whose tag has moved since it was resolved. Who promotes a tag means what it names; what it named a while
 * ago is promoted by its digest.
 *
 * @throws {GateError} `SOURCE_MOVED`.
 */
export async function checkSource(
  gate: GateContext,
  { from }: PromotionRequest,
  { source: { name, descriptor } }: Resolution,
  signal: AbortSignal | undefined,
): Promise<void> {
  // An archive is a file of its own, and dear to open.
  if (/^(oci|docker)-archive:/.test(from)) return
  await using source = await openSource(from, gate)
  if (isDigest(source.tagOrDigest)) return
  const now = (await source.repository.findManifest(source.tagOrDigest, { signal }))?.descriptor.digest
  if (now === descriptor.digest) return
  throw new GateError(
    'SOURCE_MOVED',
    `${name} was ${descriptor.digest} and is ${now ?? 'gone'} now; promote again, or name the digest`,
    { step: 'publish', side: 'source', retryable: true },
  )
}
