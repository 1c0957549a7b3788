import { formatCount } from '@sallyport/core'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { OpenedSource } from '@sallyport/oci'
import { describeScan } from '../facts/gather-facts.ts'
import type { GateContext } from '../promote/gate-context.ts'
import { keepJudgement, type KeptJudgement } from '../promote/kept-judgement.ts'
import type { PromotionRequest } from '../promote/request.ts'
import type { Preparation, Resolution } from '../promote/resolution.ts'
import type { StepRunner } from '../promote/step-runner.ts'
import { openSteps, type StepOptions } from '../promote/step-options.ts'
import { summarizeJudgement } from '../promote/summarize-judgement.ts'
import { describeQuarantine } from '../quarantine/describe-quarantine.ts'
import { judgementStands } from './decision-stands.ts'
import { describeEvidence } from './describe-evidence.ts'
import { describeFileManifest } from './describe-file-manifest.ts'
import { copyName, keepCopy } from './keep-copy.ts'
import { judgeSource, repositoryOf, type SourceJudgement } from './judge-source.ts'
import { openSource } from './open-source.ts'
import { openTarget, readDestination } from './open-target.ts'
import { type ImageContent, pushContent } from './push-content.ts'
import { type ResolvedSource, resolveSource } from './resolve-source.ts'
import { verifierOf } from './verifier-of.ts'

/**
 * Step `prepare`: inventories, scans, hardens, scans again and judges what was resolved. What passed is pushed by
 * digest, and what was found out about it is kept in the journal; what did not is put into quarantine, and nothing of it
 * reaches the target.
 *
 * @throws {GateError} `STEP_FAILED` when something could not be read, done or written.
 */
export async function preparePromotion(
  gate: GateContext,
  request: PromotionRequest,
  resolution: Resolution,
  options: StepOptions = {},
): Promise<Preparation> {
  const { signal, memory } = options
  const now = gate.clock.now()
  await using resources = new AsyncDisposableStack()
  const steps = openSteps(gate, resolution, options)
  const directory = await mkdtemp(join(gate.workDirectory ?? tmpdir(), 'sallyport-'))
  resources.defer(() => rm(directory, { recursive: true, force: true }))
  const source = resources.use(await openSource(request.from, gate))
  const resolved =
    memory?.source ??
    (await resolveSource(source.repository, resolution.source.descriptor.digest, {
      platforms: request.platforms,
      signal,
    }))
  const judged = resources.use(
    await judgeSource(gate, request, {
      source,
      resolved,
      destination: resolution.destination,
      now,
      remember: true,
      directory,
      steps,
      signal,
    }),
  )
  // A scan that could not be judged would excuse the next one.
  if (judged.decision.verdict !== 'error') await rememberScans(gate, judged, now)
  if (judged.decision.verdict !== 'pass')
    return await stop(gate, request, resolution, { source, judged, steps, signal })

  const describe = () => describeJudgement(gate, request, resolution, judged, { now, signal })
  const { key } = resolution
  const { journal, evidenceMaxAgeMs, ignore } = gate
  const kept = await keepJudgement(key, judged.judgement, describe, {
    journal,
    evidenceMaxAgeMs,
    now,
    stands: (earlier) => judgementStands(earlier, { now, waivers: judged.waivers, ignore }),
  })
  if (memory) Object.assign(memory, { judgement: kept, root: judged.root })
  const pushed = await push(gate, request, { source, resolved, judged, steps, signal })
  return {
    verdict: 'pass',
    judgement: judged.judgement,
    decidedAt: kept.decidedAt,
    images: kept.images,
    index: kept.index,
    pushed,
  }
}

async function rememberScans(
  { journal }: GateContext,
  { judgements }: SourceJudgement,
  now: Date,
): Promise<void> {
  for (const { facts } of judgements) await journal.saveScan(facts.subject, describeScan(facts, now))
}

/** Everything that is told of the images later, with the time of the decision. */
async function describeJudgement(
  gate: GateContext,
  { tier }: PromotionRequest,
  { destination, source }: Resolution,
  { judgements, index, decision }: SourceJudgement,
  { now, signal }: { readonly now: Date; readonly signal: AbortSignal | undefined },
): Promise<Omit<KeptJudgement, 'decidedAt'>> {
  const documents = await describeEvidence(judgements, {
    index: index?.descriptor.digest,
    destination,
    source: source.name,
    verifierId: verifierOf(gate, tier),
    decidedAt: now.toISOString(),
  })
  const lists = gate.fileManifest
    ? await Array.fromAsync(judgements, ({ after }) =>
        describeFileManifest(after.image, { name: repositoryOf(destination), signal }),
      )
    : []
  return {
    documents: [...documents, ...lists],
    images: judgements.map(({ after }) => after.image.raw.descriptor),
    index: index?.descriptor,
    decision,
    platforms: judgements.map(summarizeJudgement),
  }
}

interface Push {
  readonly source: OpenedSource
  readonly resolved: ResolvedSource
  readonly judged: SourceJudgement
  readonly steps: StepRunner
  readonly signal: AbortSignal | undefined
}

function push(
  gate: GateContext,
  request: PromotionRequest,
  { source, resolved, judged: { judgements, root, attachments }, steps, signal }: Push,
) {
  return steps.run('push', undefined, async () => {
    const target = await openTarget(readDestination(request.to, gate))
    const images: ImageContent[] = judgements.map(({ after: { image } }) => ({
      raw: image.raw,
      blobs: image,
    }))
    images.push(...attachments.map((raw) => ({ raw, blobs: source.repository })))
    const value = await pushContent(target, images, root, {
      from: { repository: source.repository, images: resolved.images.map(({ raw }) => raw) },
      uploads: gate.uploads,
      signal,
    })
    return {
      value,
      summary: `${formatCount(value.blobs, 'blob')}, ${formatCount(value.manifests, 'manifest')}, ${formatCount(value.bytes, 'byte')}`,
    }
  })
}

/** Puts an image that did not pass into quarantine. Nothing of it has reached the target. */
async function stop(
  gate: GateContext,
  { tier }: PromotionRequest,
  resolution: Resolution,
  { source: opened, judged, steps, signal }: Omit<Push, 'resolved'>,
): Promise<Preparation> {
  const { key, source, destination, startedAt } = resolution
  const { judgement, judgements, decision } = judged
  const evidence = judgements.flatMap(({ facts }) => facts.evidence?.verified ?? [])
  return await steps.run('quarantine', undefined, async () => {
    const record = describeQuarantine({
      key,
      judgement,
      quarantinedAt: startedAt,
      source: source.name,
      sourceDigest: source.descriptor.digest,
      destination,
      tier,
      decision,
      platforms: judgements.map(summarizeJudgement),
      evidence: evidence.map(({ predicateType, subject, digest }) => ({ predicateType, subject, digest })),
      copy: copyName(gate, resolution),
    })
    const { id } = await gate.quarantine.put(record)
    await keepCopy(gate, opened.repository, resolution, { id, signal })
    const verdict = decision.verdict === 'fail' ? 'fail' : 'error'
    return { value: { verdict, judgement, quarantine: id }, summary: id }
  })
}
