import { formatPlatform } from '@sallyport/core'
import { PolicyError } from '@sallyport/policy'
import { withApprovedWaivers } from '../promote/approved-waivers.ts'
import type { GateContext } from '../promote/gate-context.ts'
import { promotionKey } from '../promote/promotion-key.ts'
import type { PromotionRequest } from '../promote/request.ts'
import type { Resolution } from '../promote/resolution.ts'
import { openSteps, type StepOptions } from '../promote/step-options.ts'
import { findUnchanged } from './find-unchanged.ts'
import { copyName } from './keep-copy.ts'
import { openSource } from './open-source.ts'
import { readDestination } from './open-target.ts'
import { resolveSource } from './resolve-source.ts'

/**
 * Step `resolve`: fixes the source by digest, looks where the tag of the destination is, and notes in the journal that
 * an attempt begins. Where the target already has what an earlier promotion put there, and that still counts, it says
 * so, and begins nothing.
 *
 * @throws {GateError} `REFERENCE_INVALID`, `OPTIONS_INVALID`, `STEP_FAILED`.
 */
export async function resolvePromotion(
  gate: GateContext,
  request: PromotionRequest,
  options: StepOptions = {},
): Promise<Resolution> {
  const { policy, journal, clock } = gate
  const { tier } = request
  const { signal, memory } = options
  if (!policy.tiers.has(tier)) throw new PolicyError('TIER_UNKNOWN', `${policy.source}: no tier "${tier}"`)
  const destination = readDestination(request.to, gate)
  await using source = await openSource(request.from, gate)
  const now = clock.now()

  // Awaited, so that the source is open until then.
  return await openSteps(gate, undefined, options).run('resolve', undefined, async () => {
    const root = await source.repository.getManifest(source.tagOrDigest, { signal })
    const target = await destination.open()
    const expected = (await target?.findManifest(destination.tag, { signal }))?.descriptor.digest
    const approved = await withApprovedWaivers(gate)
    const key = promotionKey(approved, request, root.descriptor.digest, destination.name)
    const found = {
      key,
      source: { name: source.name, descriptor: root.descriptor },
      destination: destination.name,
      expected,
    }
    // Known before anything is judged, not when it is needed.
    copyName(gate, found)
    const unchanged =
      target &&
      expected &&
      (await findUnchanged(gate, { key, target, expected, waivers: approved.waivers, now, signal }))
    if (unchanged) {
      const value: Resolution = {
        ...found,
        attempt: unchanged.attempt,
        startedAt: now.toISOString(),
        previousDigest: expected,
        unchanged: unchanged.state,
      }
      return { value, summary: `${root.descriptor.digest}, which the target has` }
    }

    const resolved = await resolveSource(source.repository, root.descriptor.digest, {
      root,
      blobs: gate.blobCache?.reader(source.repository),
      platforms: request.platforms,
      signal,
    })
    if (memory) memory.source = resolved
    const { attempt, startedAt, resumed } = await journal.begin({
      key,
      source: source.name,
      sourceDigest: root.descriptor.digest,
      destination: destination.name,
      tier,
      policyDigest: policy.digest,
      startedAt: now.toISOString(),
      previousDigest: expected,
      resumeSince: new Date(now.getTime() - (gate.resumeMaxAgeMs ?? 3_600_000)).toISOString(),
    })
    // After a crash the tag may have been moved by the attempt that goes on.
    const previousDigest = resumed ? (await journal.find(key))?.previousDigest : expected
    const value: Resolution = { ...found, attempt, startedAt, previousDigest }
    const platforms = resolved.images.map(({ platform }) => formatPlatform(platform))
    return { value, summary: `${root.descriptor.digest}, ${platforms.join(', ')}` }
  })
}
