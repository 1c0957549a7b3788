import {
  type AttestationItem,
  createAttacher,
  createStatement,
  decisionLevel,
  decisionResource,
  keySigner,
  predicateKinds,
  predicateTypes,
} from '@sallyport/attest'
import { type Descriptor, type Digest, digestOf } from '@sallyport/core'
import type { AttachedEvidence, Journal, ReleaseRecord } from '@sallyport/gate'
import type { RegistryRepository } from '@sallyport/oci'
import type { GateKeys } from '@sallyport/test-chaos'
import { type GeneratedImage, pushImage } from '@sallyport/testkit'
import type { Timeline } from './timeline.ts'

export const tier = 'prod'
export const verifierId = `https://sallyport.dev/gate/${tier}`

/** What happens between the steps of a promotion. */
export type Between = () => Promise<void>

/**
 * Writes what the gate writes, in its order, without scanning: the image by digest, its evidence, the journal, and the
 * tag last.
 */
export interface GateHand {
  promote(
    repository: RegistryRepository,
    tag: string,
    image: GeneratedImage,
    between?: Between,
  ): Promise<void>
  /** Takes what is there, with its evidence, back into use. */
  rollBack(repository: RegistryRepository, tag: string, image: GeneratedImage): Promise<void>
  /** Attaches something more, by the key of evidence. */
  attach(repository: RegistryRepository, subject: Descriptor, name: string): Promise<void>
}

/** Makes a hand of the parts that a gate would have. */
export function createGateHand({
  journal,
  timeline,
  keys,
}: {
  readonly journal: Journal
  readonly timeline: Timeline
  readonly keys: GateKeys
}): GateHand {
  const release = keySigner(keys.release.privateKey)
  const evidence = keySigner(keys.evidence.privateKey)
  const policyDigest = digestOf('policy')
  const attachTo = async (repository: RegistryRepository, items: readonly AttestationItem[]) => {
    const attacher = createAttacher(repository, { mode: 'bundle', createdAt: timeline.now(), settleMs: 0 })
    const results = await attacher.attach(items)
    return results.map(({ keyId, pieces }, at): AttachedEvidence => ({
      subject: items[at]!.subject.digest,
      predicateType: items[at]!.statement.predicateType,
      keyId,
      pieces,
    }))
  }
  const decisionOf = (subject: Descriptor, place: string, tag: string): AttestationItem => ({
    subject,
    signer: release,
    statement: createStatement(
      [{ name: place, digest: subject.digest }],
      predicateTypes.vsa,
      predicateKinds.vsa.build({
        verifier: { id: verifierId },
        timeVerified: timeline.now(),
        resourceUri: decisionResource(place),
        policy: { uri: 'gate.yaml', digest: policyDigest },
        result: 'PASSED',
        verifiedLevels: [decisionLevel(tier)],
        extensions: { 'https://sallyport.dev/decision': { destination: `${place}:${tag}` } },
      }),
    ),
  })

  const run = async (
    repository: RegistryRepository,
    tag: string,
    digest: Digest,
    {
      steps,
      rollback,
    }: {
      readonly steps: () => Promise<readonly AttachedEvidence[]>
      readonly rollback?: ReleaseRecord['rollback']
    },
  ): Promise<void> => {
    const destination = `${repository.name}:${tag}`
    const key = digestOf(`${destination} ${digest} ${rollback?.reason ?? ''}`)
    const source = 'build.example/app:1'
    const { attempt, startedAt } = await journal.begin({
      key,
      source,
      sourceDigest: digest,
      destination,
      tier,
      policyDigest,
      startedAt: timeline.now().toISOString(),
    })
    const attached = await steps()
    timeline.advance(500)
    const finishedAt = timeline.now().toISOString()
    const record: Omit<ReleaseRecord, 'decision'> = {
      schema: 'https://sallyport.dev/schemas/release-record/v1',
      key,
      source: { name: source, digest },
      target: { name: destination, digest },
      tier,
      rollback,
      platforms: [],
      evidence: attached,
      signers: { evidence: 'evidence', release: 'release' },
      startedAt,
      finishedAt,
      steps: [],
    }
    // Nobody here reads what it was decided by.
    await journal.saveRecord(record as ReleaseRecord, attempt)
    await journal.finish(key, { finishedAt, verdict: 'pass', targetDigest: digest, attempt })
  }

  return {
    promote: (repository, tag, image, between) =>
      run(repository, tag, image.raw.descriptor.digest, {
        async steps() {
          await pushImage(repository, image)
          await between?.()
          timeline.advance(500)
          const attached = await attachTo(repository, [
            decisionOf(image.raw.descriptor, repository.name, tag),
          ])
          await between?.()
          timeline.advance(500)
          await repository.putManifest(image.raw, { tag })
          await between?.()
          return attached
        },
      }),
    rollBack: (repository, tag, image) =>
      run(repository, tag, image.raw.descriptor.digest, {
        rollback: { reason: `back at ${timeline.now().toISOString()}` },
        async steps() {
          await repository.putManifest(image.raw, { tag })
          return []
        },
      }),
    attach: async (repository, subject, name) =>
      void (await attachTo(repository, [
        {
          subject,
          signer: evidence,
          statement: createStatement(
            [{ name: repository.name, digest: subject.digest }],
            'https://example.test/note/v1',
            { name },
          ),
        },
      ])),
  }
}
