import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  type Digest,
  digestOf,
  formatPlatform,
  formatReference,
  type Reference,
  systemClock,
} from '@sallyport/core'
import { createRegistryClient, dockerConfigCredentials, type Repository } from '@sallyport/oci'
import { type Decision, explain, PolicyError } from '@sallyport/policy'
import { GateError } from '../errors.ts'
import type { QuarantineRecord } from '../ports/quarantine-store.ts'
import { attachEvidence } from '../steps/attach-evidence.ts'
import { buildIndex } from '../steps/build-index.ts'
import { chooseEvidence } from '../steps/choose-evidence.ts'
import { combineDecisions } from '../steps/combine-decisions.ts'
import { describeEvidence } from '../steps/describe-evidence.ts'
import { type ImageJudgement, judgeImage } from '../steps/judge-image.ts'
import { openSource } from '../steps/open-source.ts'
import { type ImageContent, pushContent } from '../steps/push-content.ts'
import { publishTag } from '../steps/publish-tag.ts'
import { readDestination } from '../steps/read-reference.ts'
import { resolveSource } from '../steps/resolve-source.ts'
import { verifyTarget } from '../steps/verify-target.ts'
import { judgementDigest } from './judgement-digest.ts'
import { keepEvidence } from './keep-evidence.ts'
import type { PromoteOptions } from './options.ts'
import type { PromotionOutcome } from './outcome.ts'
import type { PlatformSummary } from './platform-summary.ts'
import { promotionKey } from './promotion-key.ts'
import { createStepRunner, type StepRunner } from './step-runner.ts'
import { summarizeJudgement } from './summarize-judgement.ts'

/**
 * Promotes an image from one registry to the next: resolves it once, inventories, scans, hardens, patches and scans it again,
 * judges it by the policy, pushes it by digest with its evidence, signs, reads everything back and verifies it, and
 * only then moves the tag. What fails is put into quarantine; what could not be judged or done gives `error`, and the
 * tag stays where it was, unless the failure came after it had been moved (steps `publish` and `record`).
 *
 * Running it again with the same inputs changes nothing at the target. After a crash at any point, running it again
 * ends in the state of an undisturbed run.
 *
 * Rejects only with `signal.reason`.
 */
export async function promote(options: PromoteOptions): Promise<PromotionOutcome> {
  const { signal } = options
  await using resources = new AsyncDisposableStack()
  const state: PromotionState = { platforms: [] }
  try {
    const repository = options.repository ?? openRegistries(resources)
    const directory = await mkdtemp(join(options.workDirectory ?? tmpdir(), 'sallyport-'))
    resources.defer(() => rm(directory, { recursive: true, force: true }))
    return await run(options, repository, directory, resources, state)
  } catch (cause) {
    signal?.throwIfAborted()
    const { key, published } = state
    const error = published ? afterPublication(toGateError(cause), options.to, published) : toGateError(cause)
    if (key) {
      const finishedAt = (options.clock ?? systemClock).now().toISOString()
      // The promotion's own error matters more than a journal that can't be written any more.
      await options.journal.finish(key, { finishedAt, verdict: 'error' }).catch(() => undefined)
    }
    return { verdict: 'error', error, platforms: state.platforms }
  }
}

interface PromotionState {
  key?: Digest
  attempt?: number
  /** Set once the tag is where it should be. */
  published?: Digest
  platforms: readonly PlatformSummary[]
}

async function run(
  options: PromoteOptions,
  repository: (reference: Pick<Reference, 'registry' | 'repository'>) => Repository,
  directory: string,
  resources: AsyncDisposableStack,
  state: PromotionState,
): Promise<PromotionOutcome> {
  const { policy, tier, signal, journal, clock = systemClock, onProgress } = options
  if (!policy.tiers.has(tier)) throw new PolicyError('TIER_UNKNOWN', `${policy.source}: no tier "${tier}"`)
  if (options.scanners.length === 0)
    throw new GateError('OPTIONS_INVALID', 'no scanner: nothing could be judged')
  checkOwners(options)
  const destination = readDestination(options.to)
  const to = formatReference(destination)
  const target = repository(destination)
  const now = clock.now()
  const steps = createStepRunner({
    clock,
    onProgress,
    signal,
    onFinished: async (step, platform, summary) => {
      if (!state.key || !state.attempt) return
      const name = platform ? `${step} ${formatPlatform(platform)}` : step
      const at = clock.now().toISOString()
      await journal.saveStep(state.key, state.attempt, { name, output: null, summary, at })
    },
  })

  const source = await openSource(options.from, repository)
  const { resolved, expected } = await steps.run('resolve', undefined, async () => {
    const resolved = await resolveSource(source.repository, source.tagOrDigest, {
      platforms: options.platforms,
      signal,
    })
    const expected = (await target.findManifest(destination.tag, { signal }))?.descriptor.digest
    const summary = `${resolved.root.descriptor.digest}, ${resolved.images.map(({ platform }) => formatPlatform(platform)).join(', ')}`
    return { value: { resolved, expected }, summary }
  })
  const sourceDigest = resolved.root.descriptor.digest
  const key = promotionKey(options, sourceDigest, to)
  const { attempt } = await journal.begin({
    key,
    source: source.name,
    sourceDigest,
    destination: to,
    tier,
    policyDigest: policy.digest,
    startedAt: now.toISOString(),
    previousDigest: expected,
  })
  state.key = key
  state.attempt = attempt

  const judgements: ImageJudgement[] = []
  for (const [position, { platform, raw }] of resolved.images.entries()) {
    const harden = options.harden === true ? {} : options.harden || undefined
    const judgement = await judgeImage(source.repository, raw, platform, {
      destination: to,
      tier,
      policy,
      scanners: options.scanners,
      harden: harden && { ...harden, evidence: chooseEvidence(harden.evidence, raw, resolved.images) },
      statements: {
        vex: options.vex,
        ignore: options.ignore,
        digests: [sourceDigest],
        repositories: [target.name, ...(options.from.startsWith('oci:') ? [] : [source.repository.name])],
      },
      now,
      directory: join(directory, String(position)),
      steps,
      signal,
    })
    judgements.push(resources.use(judgement))
    state.platforms = judgements.map(summarizeJudgement)
  }

  const index = resolved.index && buildIndex(resolved, judgements)
  const root = index ?? judgements[0]!.after.image.raw
  const decision = index ? combineDecisions(root.descriptor.digest, judgements) : judgements[0]!.decision
  const judgement = judgementDigest(judgements)
  if (decision.verdict !== 'pass') {
    return await stop(options, {
      steps,
      key,
      judgement,
      decision,
      sourceDigest,
      state,
      to,
      sourceName: source.name,
      now,
    })
  }

  const verifierId = options.verifierId ?? `https://sallyport.dev/gate/${tier}`
  const describe = () =>
    describeEvidence(judgements, {
      index: index?.descriptor.digest,
      destination: to,
      source: source.name,
      verifierId,
      decidedAt: now.toISOString(),
    })
  const { documents, decidedAt } = await keepEvidence(key, judgement, describe, {
    journal,
    evidenceMaxAgeMs: options.evidenceMaxAgeMs,
    now,
  })

  const pushed = await steps.run('push', undefined, async () => {
    const images: ImageContent[] = judgements.map(({ after: { image } }) => ({
      raw: image.raw,
      blobs: image,
    }))
    // What is attached to the source's index describes its digests, so it goes along only with the same index.
    const attachments = index?.descriptor.digest === sourceDigest ? resolved.attachments : []
    images.push(...attachments.map((raw) => ({ raw, blobs: source.repository })))
    const value = await pushContent(target, images, root, { signal })
    return { value, summary: `${value.blobs} blobs, ${value.manifests} manifests` }
  })
  const attached = await steps.run('attest', undefined, async () => {
    const dated = (own: Decision): Decision => ({ ...own, evaluatedAt: decidedAt })
    const subjects = judgements.map(({ after, decision: own }) => ({
      descriptor: after.image.raw.descriptor,
      decision: dated(own),
    }))
    if (index) subjects.push({ descriptor: index.descriptor, decision: dated(decision) })
    const value = await attachEvidence(target, subjects, documents, {
      signer: options.signer,
      reference: target.name,
      verifierId,
      mode: options.evidenceMode ?? 'both',
      createdAt: new Date(decidedAt),
      settleMs: options.settleMs,
      signal,
    })
    return { value, summary: `${value.evidence.length} pieces of evidence, ${value.written} new` }
  })
  const evidence = await steps.run('verify', undefined, async () => {
    const images = judgements.map(({ after }) => after.image.raw)
    const value = await verifyTarget(target, images, index, attached.evidence, {
      signer: options.signer,
      signal,
    })
    return { value, summary: `${value.length} pieces of evidence verify at ${target.name}` }
  })
  const moved = await steps.run('publish', undefined, async () => {
    const value = await publishTag(target, root, { tag: destination.tag, expected, signal })
    state.published = root.descriptor.digest
    return { value, summary: value ? `${to} is ${root.descriptor.digest}` : `${to} was there already` }
  })
  await steps.run('record', undefined, async () => {
    const finishedAt = clock.now().toISOString()
    await journal.finish(key, { finishedAt, verdict: 'pass', targetDigest: root.descriptor.digest })
    return { value: undefined, summary: key }
  })

  return {
    verdict: 'pass',
    target: to,
    digest: root.descriptor.digest,
    descriptor: root.descriptor,
    sourceDigest,
    previousDigest: expected,
    changed: moved || pushed.blobs + pushed.manifests + attached.written > 0,
    decision: { ...decision, evaluatedAt: decidedAt },
    platforms: state.platforms,
    evidence,
  }
}

interface Stop {
  readonly steps: StepRunner
  readonly key: Digest
  readonly judgement: Digest
  readonly decision: Decision
  readonly sourceDigest: Digest
  readonly state: PromotionState
  readonly sourceName: string
  readonly to: string
  readonly now: Date
}

/** Puts an image that did not pass into quarantine. Nothing of it has reached the target. */
async function stop(
  { tier, quarantine, journal, clock = systemClock }: PromoteOptions,
  { steps, key, judgement, decision, sourceDigest, state, sourceName, to, now }: Stop,
): Promise<PromotionOutcome> {
  const record = await steps.run('quarantine', undefined, async () => {
    const value: QuarantineRecord = await quarantine.put({
      id: digestOf(`${key} ${judgement}`).slice('sha256:'.length, 'sha256:'.length + 32),
      quarantinedAt: now.toISOString(),
      source: sourceName,
      sourceDigest,
      destination: to,
      tier,
      decision,
      platforms: state.platforms,
      explanation: explain(decision),
    })
    return { value, summary: value.id }
  })
  const verdict = decision.verdict === 'fail' ? 'fail' : 'error'
  await journal.finish(key, { finishedAt: clock.now().toISOString(), verdict })
  const platforms = state.platforms
  if (verdict === 'fail') return { verdict, sourceDigest, decision, platforms, quarantine: record }
  const reasons = decision.reasons.filter(({ effect }) => effect === 'error').map(({ message }) => message)
  const error = new GateError('UNJUDGED', `${sourceName} could not be judged: ${reasons.join('; ')}`, {
    step: 'decide',
  })
  return { verdict, error, decision, platforms, quarantine: record }
}

/** What takes findings out of the count needs somebody who answers for it. */
function checkOwners({ vex = [], ignore = [] }: PromoteOptions): void {
  const nameless = [
    ...vex.filter(({ trustedAs }) => trustedAs.trim() === '').map(({ source }) => source),
    ...ignore
      .filter(({ owner }) => owner.trim() === '')
      .map(({ rules }) => rules[0]?.source ?? 'an ignore file'),
  ]
  if (nameless.length > 0) {
    throw new GateError('OPTIONS_INVALID', `nobody answers for ${nameless.join(', ')}: name who does`)
  }
}

function openRegistries(resources: AsyncDisposableStack) {
  const client = resources.use(createRegistryClient({ credentials: dockerConfigCredentials() }))
  return (reference: Pick<Reference, 'registry' | 'repository'>) => client.repository(reference)
}

/** Says that the failure came too late to stop the tag: all evidence is there, only the record is not complete. */
function afterPublication(cause: GateError, to: string, digest: Digest): GateError {
  const message = `${to} is at ${digest} with all evidence, but the record is not complete: ${cause.message}; promote again`
  return new GateError(cause.code, message, { cause, step: cause.step, side: cause.side, retryable: true })
}

function toGateError(cause: unknown): GateError {
  if (cause instanceof GateError) return cause
  const message = cause instanceof Error ? cause.message : String(cause)
  return new GateError('OPTIONS_INVALID', message, { cause })
}
