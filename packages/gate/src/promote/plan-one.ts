import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Digest } from '@sallyport/core'
import { type Decision, type FreezeWindow, PolicyError } from '@sallyport/policy'
import { findFreeze } from '../steps/find-freeze.ts'
import { judgeSource } from '../steps/judge-source.ts'
import { openSource } from '../steps/open-source.ts'
import { readDestination } from '../steps/open-target.ts'
import { resolveSource } from '../steps/resolve-source.ts'
import type { JudgingContext } from './gate-context.ts'
import type { RunOptions } from './options.ts'
import type { PlatformSummary } from './platform-summary.ts'
import type { PromotionRequest } from './request.ts'
import { createStepRunner } from './step-runner.ts'
import { summarizeJudgement } from './summarize-judgement.ts'
import { toGateError } from './to-gate-error.ts'

/** What a promotion would do. */
export interface PromotionPlan {
  /** What the source leads to. */
  readonly sourceDigest: Digest
  /** Reference that it would go to. */
  readonly destination: string
  /** What would be promoted, or is stopped. */
  readonly digest: Digest
  /** Where the tag is now. */
  readonly currentDigest?: Digest | undefined
  /** With its verdict. What is not `pass` would go to quarantine. */
  readonly decision: Decision
  /** What would happen to each platform's image. */
  readonly platforms: readonly PlatformSummary[]
  /** Whether the tag would move: it passes, is not there yet, and no window is in the way. */
  readonly moves: boolean
  /** The window in which the tag may not move now. */
  readonly frozen?: FreezeWindow | undefined
}

/**
 * Judges an image without writing anything.
 *
 * @throws {GateError} what would be the promotion's error.
 */
export async function planOne(
  gate: JudgingContext,
  request: PromotionRequest,
  options: RunOptions = {},
): Promise<PromotionPlan> {
  options.signal?.throwIfAborted()
  try {
    return await plan(gate, request, options)
  } catch (cause) {
    options.signal?.throwIfAborted()
    throw toGateError(cause)
  }
}

async function plan(
  gate: JudgingContext,
  request: PromotionRequest,
  { signal, onProgress }: RunOptions,
): Promise<PromotionPlan> {
  const { policy, clock } = gate
  const { tier } = request
  if (!policy.tiers.has(tier)) throw new PolicyError('TIER_UNKNOWN', `${policy.source}: no tier "${tier}"`)
  const destination = readDestination(request.to, gate)
  const now = clock.now()
  await using resources = new AsyncDisposableStack()
  const source = resources.use(await openSource(request.from, gate))
  const directory = await mkdtemp(join(gate.workDirectory ?? tmpdir(), 'sallyport-'))
  resources.defer(() => rm(directory, { recursive: true, force: true }))
  const steps = createStepRunner({ clock, signal, onProgress })
  const { platforms } = request
  const { resolved, currentDigest } = await steps.run('resolve', undefined, async () => {
    const resolved = await resolveSource(source.repository, source.tagOrDigest, { platforms, signal })
    const target = await destination.open()
    const currentDigest = (await target?.findManifest(destination.tag, { signal }))?.descriptor.digest
    return { value: { resolved, currentDigest }, summary: resolved.root.descriptor.digest }
  })
  const judged = resources.use(
    await judgeSource(gate, request, {
      source,
      resolved,
      destination: destination.name,
      now,
      remember: false,
      directory,
      steps,
      signal,
    }),
  )
  const { digest } = judged.root.descriptor
  const frozen = findFreeze(policy, tier, destination.name, now)
  return {
    sourceDigest: resolved.root.descriptor.digest,
    destination: destination.name,
    digest,
    currentDigest,
    decision: judged.decision,
    platforms: judged.judgements.map(summarizeJudgement),
    moves: judged.decision.verdict === 'pass' && currentDigest !== digest && !frozen,
    frozen,
  }
}
