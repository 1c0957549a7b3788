import type { EvidenceLimits } from '@sallyport/attest'
import { type Digest, isIndexMediaType, isSallyportError, type Platform } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import type { AuditTerms } from '../audit-terms.ts'
import { type BoundedMemory, createBoundedMemory } from '../judge/bounded-memory.ts'
import { createJudge, type SbomJudge } from '../judge/create-judge.ts'
import { combineJudgements, type SbomJudgement } from '../judge/judge-inventory.ts'
import type { Classification, ClassifiedSubject, ImageClassifier } from '../ports/image-classifier.ts'
import {
  classifyEvidence,
  type ClassifiedEvidence,
  type ExaminedPlatform,
  findDecision,
  isEnough,
  unjudged,
} from './classify-evidence.ts'
import { type CompiledTerms, compileTerms } from './compile-terms.ts'
import { examineEvidence, type ExaminedEvidence, inventoriesOf, usageOf } from './examine-evidence.ts'
import { isSignatureStore } from './evidence-kind.ts'
import { listPlatforms } from './list-platforms.ts'
import { readSubject, type SubjectEvidence } from './read-subject.ts'

/** Options of {@link createClassifier}. */
export interface ClassifierOptions {
  /** What reading evidence about one manifest may cost. Default: that of `readEvidence` of `@sallyport/attest`. */
  readonly limits?: EvidenceLimits | undefined
  /** Where else evidence about images of a repository is kept (`COSIGN_REPOSITORY`). Default: nowhere. */
  readonly evidenceRepository?: ((repository: Repository) => Repository | undefined) | undefined
}

/** Evidence about an index and what it lists is asked for several times in a row. */
const maxKept = 64
const maxKeptPackages = 50_000
const keptMs = 60_000

interface Context {
  readonly repository: Repository
  readonly compiled: CompiledTerms
  readonly now: Date
  readonly signal?: AbortSignal | undefined
}

/**
 * Makes a classifier: it reads all evidence about an image once, and that about the index which lists it where the image's
 * own is not enough. What was read is kept for a minute, so that an index and its platforms are read once each. Make a new
 * one for each audit.
 */
export function createClassifier({ limits, evidenceRepository }: ClassifierOptions = {}): ImageClassifier {
  const judge = createJudge()
  const compiledTerms = new WeakMap<AuditTerms, CompiledTerms>()
  const kept = new WeakMap<AuditTerms, BoundedMemory<SubjectEvidence>>()

  const compile = (terms: AuditTerms): CompiledTerms => {
    const compiled = compiledTerms.get(terms) ?? compileTerms(terms)
    compiledTerms.set(terms, compiled)
    return compiled
  }

  const read = async (
    subject: Digest,
    platform: Platform | undefined,
    { repository, compiled, now, signal }: Context,
  ): Promise<ExaminedEvidence> => {
    const { terms } = compiled
    const memory = kept.get(terms) ?? createBoundedMemory<SubjectEvidence>(maxKept, maxKeptPackages)
    kept.set(terms, memory)
    const key = `${repository.name} ${subject}`
    const at = now.getTime()
    const known = memory.get(key, at - keptMs)
    const evidence =
      known ??
      (await readSubject(repository, subject, {
        compiled,
        platform,
        limits,
        evidenceRepository: evidenceRepository?.(repository),
        now,
        signal,
      }))
    if (known === undefined) memory.set(key, evidence, at, weigh(evidence))
    return examineEvidence(evidence, { compiled, place: repository.name, now })
  }

  const gather = async (
    { raw, via }: ClassifiedSubject,
    context: Context,
  ): Promise<Omit<ClassifiedEvidence, 'judgement'>> => {
    const { compiled, repository, signal } = context
    const { digest, mediaType } = raw.descriptor
    const { sbom, present } = compiled.terms
    const own = await read(digest, undefined, context)
    const above =
      via === undefined || isEnough(own, compiled) ? undefined : await read(via, undefined, context)
    if (!isIndexMediaType(mediaType)) return { own, via: above }
    const platforms: ExaminedPlatform[] = []
    for (const listed of await listPlatforms(repository, raw, { signal })) {
      if (sbom === false && present === undefined) break
      platforms.push({ ...listed, evidence: await read(listed.digest, listed.platform, context) })
    }
    return { own, via: above, platforms }
  }

  return async (subject, { now, signal }): Promise<Classification> => {
    signal?.throwIfAborted()
    try {
      const compiled = compile(subject.terms)
      const context: Context = { repository: subject.repository, compiled, now, signal }
      const gathered = await gather(subject, context)
      return classifyEvidence({ ...gathered, judgement: await judgeAnew(judge, gathered, context) }, compiled)
    } catch (error) {
      signal?.throwIfAborted()
      if (isSallyportError(error)) return unjudged(error.code, error.message)
      return unjudged('UNEXPECTED', error instanceof Error ? error.message : String(error))
    }
  }
}

/** `undefined` when nothing is judged anew, or not all that can run has an SBOM that counts. */
async function judgeAnew(
  judge: SbomJudge,
  evidence: Omit<ClassifiedEvidence, 'judgement'>,
  { repository, compiled, now, signal }: Context,
): Promise<SbomJudgement | undefined> {
  const { tier, present } = compiled.terms
  if (present === undefined) return undefined
  const { own, via, platforms } = evidence
  const images = platforms?.map((one) => one.evidence) ?? [own]
  const earlier = findDecision(evidence)?.earlier
  const judgements: SbomJudgement[] = []
  for (const image of images) {
    const inventories = inventoriesOf(image)
    if (inventories.length === 0) continue
    const usage = usageOf(image)
    judgements.push(
      await judge(
        { inventories, digests: digestsOf(image, own, via), repository: repository.name, earlier, usage },
        { tier, present, now, signal },
      ),
    )
  }
  if (judgements.length === 0) return undefined
  const combined = combineJudgements(judgements)
  // What was found stands; that nothing was found says nothing while some of it was not judged.
  if (combined.verdict !== 'pass') return combined
  if (judgements.length < images.length) return undefined
  const unread = images
    .flatMap(({ rejected }) => rejected)
    .find(({ reason, store }) => reason === 'limit-exceeded' && !isSignatureStore(store))
  if (unread === undefined) return combined
  const message = `it passes by what was read, and what was not may hold an SBOM by which it does not: ${unread.message}`
  return { ...combined, verdict: 'error', reasons: [{ code: 'evidence-unread', message }] }
}

const digestsOf = (...evidence: readonly (ExaminedEvidence | undefined)[]): readonly Digest[] => [
  ...new Set(evidence.flatMap((one) => one?.subject ?? [])),
]

function weigh({ pieces }: SubjectEvidence): number {
  return pieces.reduce((sum, { sbom }) => {
    const { inventory } = sbom ?? {}
    return sum + 100 + (inventory !== undefined && 'packages' in inventory ? inventory.packages.length : 0)
  }, 100)
}
