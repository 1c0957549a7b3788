import { join } from 'node:path'
import { type BlobReader, type Digest, formatPlatform, type RawManifest } from '@sallyport/core'
import type { OpenedSource } from '@sallyport/oci'
import type { Decision, WaiverFile } from '@sallyport/policy'
import { gateFacts } from '../facts/gather-facts.ts'
import { withApprovedWaivers } from '../promote/approved-waivers.ts'
import type { JudgingContext } from '../promote/gate-context.ts'
import { judgementDigest } from '../promote/judgement-digest.ts'
import type { PromotionRequest } from '../promote/request.ts'
import type { StepRunner } from '../promote/step-runner.ts'
import { buildIndex } from './build-index.ts'
import { chooseEvidence } from './choose-evidence.ts'
import { combineDecisions } from './combine-decisions.ts'
import { type ImageJudgement, judgeImage } from './judge-image.ts'
import { requireDocuments } from './require-documents.ts'
import type { ResolvedSource } from './resolve-source.ts'

/** All platforms of a source, judged. Dispose it to delete their files. */
export interface SourceJudgement extends AsyncDisposable {
  readonly judgements: readonly ImageJudgement[]
  /** Digest over everything that the judgement rests on, times left out. */
  readonly judgement: Digest
  /** Present when the source is an index. */
  readonly index?: RawManifest | undefined
  /** What would be promoted: the index, or the one image. */
  readonly root: RawManifest
  /** Documents that go along with `root`: what is attached to the source's index is about its digests, so with no other index. */
  readonly attachments: readonly RawManifest[]
  /** Those that it was judged by: the gate's, and those of approvals. */
  readonly waivers: readonly WaiverFile[] | undefined
  /** That about `root`. */
  readonly decision: Decision
}

/** Options of {@link judgeSource}. */
export interface JudgeSourceOptions {
  readonly source: OpenedSource
  readonly resolved: ResolvedSource
  /** Where it would go, in its canonical form. */
  readonly destination: string
  readonly now: Date
  /** Whether findings are noted as seen. `false` for what must leave no trace. */
  readonly remember: boolean
  readonly directory: string
  readonly steps: StepRunner
  readonly signal?: AbortSignal | undefined
}

/** Inventories, scans, hardens and judges the image of each platform, and all of them together. */
export async function judgeSource(
  gate: JudgingContext,
  { tier, ...request }: PromotionRequest,
  { source, resolved, destination, now, remember, directory, steps, signal }: JudgeSourceOptions,
): Promise<SourceJudgement> {
  await using resources = new AsyncDisposableStack()
  const gatherFacts = gateFacts(gate, { remember })
  const { waivers, approvalNotes } = await withApprovedWaivers(gate)
  // What is taken back into use is what was there, or it would be something new.
  const choice = request.rollback ? false : gate.harden
  const harden = choice === true ? {} : choice || undefined
  const blobs: BlobReader = gate.blobCache?.reader(source.repository) ?? source.repository
  const judgements: ImageJudgement[] = []
  for (const [position, { platform, raw }] of resolved.images.entries()) {
    const judgement = await judgeImage(blobs, raw, platform, {
      destination,
      tier,
      policy: gate.policy,
      waivers,
      breakGlass: request.breakGlass,
      scanners: gate.scanners,
      harden: harden && { ...harden, evidence: chooseEvidence(harden.evidence, raw, resolved.images) },
      statements: {
        vex: gate.vex,
        ignore: gate.ignore,
        digests: [resolved.root.descriptor.digest],
        repositories: [repositoryOf(destination), ...(source.registryName ? [source.registryName] : [])],
      },
      platforms: {
        present: resolved.platforms.map(formatPlatform),
        chosen: request.platforms,
        judged: resolved.images.map((image) => formatPlatform(image.platform)),
      },
      unsafeAllowLazyLayers: gate.unsafeAllowLazyLayers,
      isUsageRead: gate.gatherFacts !== undefined,
      gatherFacts: async (images) => ({
        notes: [...(images.known.notes ?? []), ...approvalNotes],
        ...(await gatherFacts({
          ...images,
          request: { tier, ...request },
          destination,
          source: source.repository,
          root: resolved.root,
          image: raw,
          platform,
          now,
          signal,
        })),
      }),
      now,
      directory: join(directory, String(position)),
      layerStore: gate.layerStore,
      steps,
      signal,
    })
    judgements.push(resources.use(judgement))
  }

  const index = resolved.index && buildIndex(resolved, judgements)
  const root = index ?? judgements[0]!.after.image.raw
  const decision = index ? combineDecisions(root.descriptor.digest, judgements) : judgements[0]!.decision
  const isUnchanged = index?.descriptor.digest === resolved.root.descriptor.digest
  const attachments = isUnchanged ? resolved.attachments : []
  if (decision.verdict === 'pass') await requireDocuments(source.repository, attachments, { signal })
  const owned = resources.move()
  return {
    judgements,
    judgement: judgementDigest(judgements),
    index,
    root,
    attachments,
    waivers,
    decision,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** `registry/repository` of `registry/repository:tag`. */
export const repositoryOf = (destination: string): string =>
  destination.slice(0, destination.lastIndexOf(':'))
