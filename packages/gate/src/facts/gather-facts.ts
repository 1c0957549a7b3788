import type { EvidenceReport } from '@sallyport/attest'
import type { Digest } from '@sallyport/core'
import type { PolicyFacts, PreviousScan } from '@sallyport/policy'
import type { StoredFacts } from '@sallyport/policy/cases'
import type { JudgingContext } from '../promote/gate-context.ts'
import type { FactsContext, GatherFacts } from '../promote/gather-facts.ts'
import { describeConfiguration } from './describe-configuration.ts'
import { describeFiles } from './describe-files.ts'
import { findBase } from './find-base.ts'
import { findUserId } from './find-user-id.ts'
import { describeEvidenceFacts, readSourceEvidence } from './gather-evidence.ts'

/** Options of {@link gateFacts}. */
export interface GateFactsOptions {
  /** Whether findings are noted as seen. `false` for what must leave no trace. */
  readonly remember: boolean
}

/**
 * What a gate finds out about each image of one source: configuration and files of what would be promoted, its base, the
 * evidence of its source, what was known of it before, and what the gate's own `gatherFacts` adds. Evidence about an index
 * is read once for all of its images.
 */
export function gateFacts(gate: JudgingContext, { remember }: GateFactsOptions): GatherFacts {
  const { journal, sourceTrust, bases, gatherFacts, keepFacts } = gate
  const reports = new Map<Digest, Promise<readonly EvidenceReport[]>>()
  const readOnce = ({ source, now, signal }: FactsContext, subject: Digest) => {
    const known = reports.get(subject)
    if (known) return known
    const reading = readSourceEvidence(source, [subject], { ...sourceTrust, now: () => now, signal })
    reports.set(subject, reading)
    return reading
  }
  const readEvidence = async (context: FactsContext): Promise<PolicyFacts['evidence']> => {
    if (!sourceTrust) return undefined
    const { root, image, before } = context
    const digests = [...new Set([image.descriptor.digest, root.descriptor.digest])]
    const found = await Promise.all(digests.map((digest) => readOnce(context, digest)))
    const packages = before.inventory.packages.map(({ purl }) => purl)
    return describeEvidenceFacts(found.flat(), { digests, packages })
  }
  const readFirstSeen = async ({
    after,
    destination,
    now,
  }: FactsContext): Promise<PolicyFacts['firstSeen']> => {
    const { findings } = after.scan
    const sighted = findings.map(({ id, aliases, package: { purl } }) => ({ id, aliases, purl }))
    const line = destination.slice(0, destination.lastIndexOf(':'))
    const at = now.toISOString()
    const times = remember
      ? await journal.noteFirstSeen(line, sighted, at)
      : await journal.firstSeen(line, sighted)
    return sighted.map(({ id, purl }, index) => ({ id, purl, at: times[index] ?? at }))
  }

  return async (context) => {
    const { before, after, signal } = context
    signal?.throwIfAborted()
    const { image } = after
    const [uid, evidence, firstSeen, previous, more] = await Promise.all([
      findUserId(image, image.config.config?.User ?? undefined, { signal }),
      readEvidence(context),
      readFirstSeen(context),
      journal.previousScan(image.raw.descriptor.digest),
      gatherFacts?.(context),
    ])
    const gathered: Partial<PolicyFacts> = {
      configuration: { ...describeConfiguration(image.config), uid },
      files: describeFiles(image.tree),
      base: findBase(before.image, bases),
      evidence,
      firstSeen,
      previous,
      ...more,
    }
    if (remember) await keepFacts?.(describeStored(context, gathered, gate))
    return gathered
  }
}

/** What is judged, with nothing left out, so that another policy can judge it again. */
function describeStored(
  { known, now, request: { tier, breakGlass } }: FactsContext,
  gathered: Partial<PolicyFacts>,
  { waivers = [] }: JudgingContext,
): StoredFacts {
  return {
    schema: 'https://sallyport.dev/schemas/stored-facts/v1',
    tier,
    evaluatedAt: now.toISOString(),
    facts: { ...known, ...gathered },
    waivers,
    breakGlass,
  }
}

/** What of a judgement the next one about the same digest is compared with. */
export function describeScan({ inventory, scan }: PolicyFacts, now: Date): PreviousScan {
  return {
    evaluatedAt: now.toISOString(),
    packages: inventory.packages.length,
    findings: scan.findings.map(({ id, package: { purl } }) => ({ id, purl })),
  }
}
