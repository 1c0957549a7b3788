import type { Digest } from '@sallyport/core'
import type { BreakGlass } from '@sallyport/policy'
import { GateError } from '../errors.ts'
import { repositoryOf } from '../steps/judge-source.ts'
import { readDestination } from '../steps/open-target.ts'
import type { GateContext } from './gate-context.ts'
import type { RunOptions } from './options.ts'
import type { PromotionRequest } from './request.ts'

/** Takes an earlier digest back into use. Serialisable. */
export interface RollbackRequest {
  /** The tag to be moved back: `registry/repository:tag`. */
  readonly to: string
  /** Tier whose rules judge the digest anew. */
  readonly tier: string
  /** Why; recorded. */
  readonly reason: string
  /** The digest to go back to. Default: the one that the tag was at before the promotion that put it where it is. */
  readonly digest?: Digest | undefined
  /** Only these platforms, as `os/architecture[/variant]`. Default: all of the image. */
  readonly platforms?: readonly string[] | undefined
  /** Lets a digest through that the policy stops, where the tier allows it. */
  readonly breakGlass?: BreakGlass | undefined
}

/**
 * The promotion that a rollback is.
 *
 * @throws {GateError} `NOTHING_TO_ROLL_BACK` when no record says where the tag was before.
 * @throws {GateError} `OPTIONS_INVALID` without a reason.
 */
export async function findRollback(
  gate: GateContext,
  { to, tier, reason, digest, platforms, breakGlass }: RollbackRequest,
  { signal }: RunOptions = {},
): Promise<PromotionRequest> {
  if (reason.trim() === '') throw new GateError('OPTIONS_INVALID', `${to}: say why it is rolled back`)
  const { name } = readDestination(to, gate)
  const earlier = digest ?? (await findEarlier(gate, to, signal))
  return {
    from: `${repositoryOf(name)}@${earlier}`,
    to,
    tier,
    platforms,
    breakGlass,
    rollback: { reason },
  }
}

async function findEarlier(gate: GateContext, to: string, signal: AbortSignal | undefined): Promise<Digest> {
  const { name, tag, open } = readDestination(to, gate)
  const current = (await (await open())?.findManifest(tag, { signal }))?.descriptor.digest
  if (!current) throw nothing(`${name} does not exist`)
  const { items } = await gate.journal.listRecords({ destination: name, digest: current, limit: 1 })
  const earlier = items[0]?.target.previousDigest
  if (!earlier) throw nothing(`no record says where ${name} was before ${current}; name a digest`)
  return earlier
}

const nothing = (message: string) => new GateError('NOTHING_TO_ROLL_BACK', message, { step: 'resolve' })
