import {
  checkBuilder,
  checkSbomSubject,
  checkVsa,
  parsePredicate,
  type PredicateKind,
  predicateKinds,
  readEvidence,
} from '@sallyport/attest'
import { createImage, pushImage, type RecordedRequest, startRegistry } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import type { Leases } from '../ports/leases.ts'
import { debianImage } from './debian-image.fixture.ts'
import type { PromotionOutcome } from './outcome.ts'
import type { PromotionProgress } from './progress.ts'
import { stepNames } from './step-name.ts'
import { noCritical, openTestGate, scannerFor, startTime, type TestGate } from './test-gate.fixture.ts'

const hour = 3_600_000
const isWrite = ({ method }: RecordedRequest) => method !== 'GET' && method !== 'HEAD'

async function pushUsual(gate: TestGate, from: string, data?: string) {
  const image = createImage(debianImage({ data }))
  await pushImage(gate.repository(from), image, '1')
  return image.raw.descriptor.digest
}

function passed(outcome: PromotionOutcome) {
  if (outcome.verdict !== 'pass') throw new Error(`not promoted: ${JSON.stringify(outcome)}`)
  return outcome
}

/** All evidence about what was promoted. */
async function evidenceOf(gate: TestGate, to: string, outcome: PromotionOutcome & { verdict: 'pass' }) {
  const { verified, rejected } = await readEvidence(gate.repository(to), outcome.digest, {
    keys: [gate.keys.evidence, gate.keys.release],
  })
  expect(rejected).toEqual([])
  return verified
}

/** As on machines that know nothing of each other. */
const leases: Leases = { acquire: async () => ({ async [Symbol.asyncDispose]() {} }) }

describe('promote', () => {
  it('hardens, pushes, attaches what verifies, and moves the tag last', async () => {
    await using build = await startRegistry()
    await using prod = await startRegistry()
    await using gate = await openTestGate()
    const from = `${build.host}/build/app:1`
    const to = `${prod.host}/prod/app:1`
    const sourceDigest = await pushUsual(gate, from)
    const before = build.snapshot()
    const progress: PromotionProgress[] = []

    const outcome = passed(await gate.promote({ from, to, onProgress: (event) => progress.push(event) }))

    expect(outcome).toMatchObject({ target: to, sourceDigest, previousDigest: undefined, changed: true })
    expect(outcome.digest).not.toBe(sourceDigest)
    const [platform] = outcome.platforms
    expect(platform!.hardening!.removed.map(({ name }) => name)).toEqual(['leftover'])
    expect(platform!.before).toMatchObject({
      digest: sourceDigest,
      packages: 4,
      findings: [{ id: 'CVE-2026-1001' }],
    })
    expect(platform!.after).toMatchObject({ digest: outcome.digest, packages: 3, findings: [] })
    expect(build.snapshot()).toEqual(before)
    expect(prod.resolve('prod/app', '1')).toBe(outcome.digest)

    const [writes, refused] = [true, false].map((wanted) =>
      prod.requests.filter((request) => isWrite(request) && request.status < 300 === wanted),
    ) as [RecordedRequest[], RecordedRequest[]]
    // Once, under a condition that never holds: so it is known that the registry refuses who rests on an old state.
    expect(refused).toMatchObject([{ status: 412, reference: expect.stringMatching(/\.att$/) }])
    const image = writes.findIndex(({ reference }) => reference === outcome.digest)
    expect(writes.slice(0, image).map(({ kind }) => kind)).toEqual(Array(image).fill('upload'))
    expect(writes.at(-1)).toMatchObject({ kind: 'manifest', reference: '1', isTag: true })
    const evidence = writes.slice(image + 1, -1)
    expect(evidence.length).toBeGreaterThan(0)
    for (const { kind, reference = '', manifest } of evidence) {
      if (kind === 'upload') continue
      const isReferrer = manifest?.subject === outcome.digest
      expect(isReferrer || /^sha256-[0-9a-f]{64}\.(sig|att)$/.test(reference)).toBe(true)
    }

    const found = await evidenceOf(gate, to, outcome)
    expect(found.map(({ statement, store }) => `${statement.predicateType} ${store}`).sort()).toEqual([
      'https://cyclonedx.org/bom bundle',
      'https://cyclonedx.org/bom legacy-attestation',
      'https://in-toto.io/attestation/vulns/v0.2 bundle',
      'https://in-toto.io/attestation/vulns/v0.2 legacy-attestation',
      'https://openvex.dev/ns bundle',
      'https://openvex.dev/ns legacy-attestation',
      'https://sigstore.dev/cosign/sign/v1 bundle',
      'https://sigstore.dev/cosign/sign/v1 legacy-signature',
      'https://slsa.dev/provenance/v1 bundle',
      'https://slsa.dev/provenance/v1 legacy-attestation',
      'https://slsa.dev/verification_summary/v1 bundle',
      'https://slsa.dev/verification_summary/v1 legacy-attestation',
    ])
    // What the outcome names is there.
    for (const { manifest } of outcome.evidence.flatMap(({ pieces }) => pieces)) {
      expect(found.map((evidence) => evidence.manifest)).toContain(manifest)
    }
    expect(progress.filter(({ type }) => type === 'step-finished').map(({ step }) => step)).toEqual(
      stepNames.filter((step) => step !== 'quarantine'),
    )
  })

  it('attaches what the checks of consumers accept, for its own place only', async () => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const [from, to] = [`${registry.host}/build/app:1`, `${registry.host}/prod/app:1`]
    await pushUsual(gate, from)
    const outcome = passed(await gate.promote({ from, to }))
    const found = await evidenceOf(gate, to, outcome)
    const find = <Predicate>(kind: PredicateKind<Predicate>) => {
      const { statement, signer } = found.find(({ statement }) => statement.predicateType === kind.type)!
      return { said: parsePredicate(statement, kind), signer }
    }

    const resource = (repository: string) =>
      `pkg:oci/app?repository_url=${encodeURIComponent(`${registry.host}/${repository}`)}`
    const check = (resourceUri: string, tier: string) =>
      checkVsa(find(predicateKinds.vsa).said, {
        verifierId: `https://sallyport.dev/gate/${tier}`,
        resourceUri,
        minimumLevels: ['SALLYPORT_GATE_PROD'],
        policy: { uri: 'gate.yaml', digest: noCritical().digest },
        maxAgeMs: hour,
        now: new Date(startTime),
      }).problems.map(({ code }) => code)
    expect(check(resource('prod/app'), 'prod')).toEqual([])
    expect(check(resource('stage/app'), 'stage')).toEqual(['verifier-mismatch', 'resource-mismatch'])

    const { said: provenance, signer } = find(predicateKinds.provenance)
    const builders = { 'https://sallyport.dev/gate/prod': 1 } as const
    const externalParameters = ['source', 'mode', 'platform']
    expect(checkBuilder(provenance, { builders, signer, externalParameters }).level).toBe(1)
    expect(checkSbomSubject(find(predicateKinds.cyclonedx).said, outcome.digest)).toMatchObject({ ok: true })
    expect(find(predicateKinds.vulns).said.scanner.result).toEqual([])
  })

  it('names the gate as it is told to: in decision, provenance and record', async () => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const [from, to] = [`${registry.host}/build/app:1`, `${registry.host}/prod/app:1`]
    await pushUsual(gate, from)
    const verifierId = 'https://gate.example/of/team'
    const outcome = passed(await gate.promote({ from, to, verifierId }))
    const found = await evidenceOf(gate, to, outcome)
    const said = <Predicate>(kind: PredicateKind<Predicate>) =>
      parsePredicate(found.find(({ statement }) => statement.predicateType === kind.type)!.statement, kind)
    expect(said(predicateKinds.vsa).verifier.id).toBe(verifierId)
    expect(said(predicateKinds.provenance).runDetails.builder.id).toBe(verifierId)
    expect(await gate.journal.findRecord(outcome.key)).toMatchObject({ verifierId })
  })

  it('writes the journal of what it did', async () => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const [from, to] = [`${registry.host}/build/app:1`, `${registry.host}/prod/app:1`]
    const sourceDigest = await pushUsual(gate, from)
    const previous = createImage(debianImage({ data: 'previous' }))
    await pushImage(gate.repository(to), previous, '1')
    const outcome = passed(await gate.promote({ from, to }))
    expect(outcome.previousDigest).toBe(previous.raw.descriptor.digest)

    const { items } = await gate.journal.list()
    const [entry, ...others] = items
    expect(others).toEqual([])
    expect(entry).toMatchObject({
      source: from,
      sourceDigest,
      destination: to,
      tier: 'prod',
      policyDigest: noCritical().digest,
      startedAt: startTime,
      finishedAt: startTime,
      verdict: 'pass',
      targetDigest: outcome.digest,
      previousDigest: previous.raw.descriptor.digest,
    })
    const steps = await gate.journal.steps(entry!.key)
    const onPlatform = ['inventory', 'scan', 'harden', 'rescan', 'decide']
    expect(steps.map(({ name }) => name)).toEqual([
      ...onPlatform.map((step) => `${step} linux/amd64`),
      'push',
      'prepare',
      'attest',
      'verify',
      'publish',
      'result',
      'record',
    ])
    expect(steps[0]).toEqual({
      name: 'inventory linux/amd64',
      output: null,
      summary: '4 packages',
      at: startTime,
    })
  })

  it('changes nothing when it runs again, and says so', async () => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const [from, to] = [`${registry.host}/build/app:1`, `${registry.host}/prod/app:1`]
    await pushUsual(gate, from)
    const first = passed(await gate.promote({ from, to }))
    const after = registry.snapshot()
    registry.clearRequests()
    gate.advance(23 * hour)
    const again = passed(await gate.promote({ from, to }))
    expect(again).toMatchObject({ digest: first.digest, changed: false, decision: first.decision })
    expect(again.evidence).toEqual(first.evidence)
    expect(registry.requests.filter(isWrite)).toEqual([])
    expect(registry.snapshot()).toEqual(after)
  })

  it('attaches new evidence once the old is more than a day old, and moves no tag', async () => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const [from, to] = [`${registry.host}/build/app:1`, `${registry.host}/prod/app:1`]
    await pushUsual(gate, from)
    const first = passed(await gate.promote({ from, to }))
    const old = await evidenceOf(gate, to, first)
    registry.clearRequests()
    gate.advance(24 * hour + 1)
    const again = passed(await gate.promote({ from, to }))
    expect(again).toMatchObject({ digest: first.digest, changed: true })
    expect(again.decision.evaluatedAt).toBe(new Date(Date.parse(startTime) + 24 * hour + 1).toISOString())
    expect(registry.requests.filter((request) => isWrite(request) && request.reference === '1')).toEqual([])
    expect((await evidenceOf(gate, to, again)).length).toBeGreaterThan(old.length)
  })

  it('goes back to an earlier image by promoting it again', async () => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const [from, to] = [`${registry.host}/build/app:1`, `${registry.host}/prod/app:1`]
    const sourceDigest = await pushUsual(gate, from)
    const first = passed(await gate.promote({ from, to }))
    await pushUsual(gate, from, 'of tomorrow')
    const second = passed(await gate.promote({ from, to }))
    expect(second).toMatchObject({ previousDigest: first.digest })
    expect(second.digest).not.toBe(first.digest)
    const back = passed(await gate.promote({ from: `${registry.host}/build/app@${sourceDigest}`, to }))
    expect(back).toMatchObject({ digest: first.digest, previousDigest: second.digest, changed: true })
    expect(registry.resolve('prod/app', '1')).toBe(first.digest)
  })

  it('keeps the digest of an image that it does not change', async () => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const [from, to] = [`${registry.host}/build/app:1`, `${registry.host}/prod/app:1`]
    const sourceDigest = await pushUsual(gate, from)
    const outcome = passed(
      await gate.promote({ from, to, harden: { keep: ['leftover'] }, scanners: [scannerFor('nothing')] }),
    )
    expect(outcome).toMatchObject({ digest: sourceDigest, sourceDigest })
    const types = new Set(
      (await evidenceOf(gate, to, outcome)).map(({ statement }) => statement.predicateType),
    )
    expect(types).not.toContain('https://slsa.dev/provenance/v1')
  })

  it('refuses the second of two promotions to a tag at the same time, until the first has ended', async () => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const [from, to] = [`${registry.host}/build/app:1`, `${registry.host}/prod/app:1`]
    await pushUsual(gate, from)
    const [first, second] = await Promise.all([gate.promote({ from, to }), gate.promote({ from, to })])
    expect(first).toMatchObject({ verdict: 'pass' })
    expect(second).toMatchObject({ verdict: 'error', error: { code: 'ALREADY_RUNNING', retryable: true } })
    expect(await gate.promote({ from, to })).toMatchObject({ verdict: 'pass', changed: false })
  })

  it('finishes both of two equal promotions at the same time where leases fail', async () => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const [from, to] = [`${registry.host}/build/app:1`, `${registry.host}/prod/app:1`]
    await pushUsual(gate, from)
    const outcomes = await Promise.all([
      gate.promote({ from, to, leases }),
      gate.promote({ from, to, leases }),
    ])
    for (const outcome of outcomes) {
      expect(passed(outcome).digest).toBe(registry.resolve('prod/app', '1'))
    }
    expect(await evidenceOf(gate, to, passed(outcomes[0]!))).not.toHaveLength(0)
  })

  it('lets one of two different promotions to a tag win, with all its evidence', async () => {
    await using registry = await startRegistry()
    await using gate = await openTestGate()
    const to = `${registry.host}/prod/app:1`
    const sources = [`${registry.host}/build/one:1`, `${registry.host}/build/other:1`]
    for (const from of sources) await pushUsual(gate, from, from)
    const outcomes = await Promise.all(sources.map((from) => gate.promote({ from, to, leases })))
    const winner = outcomes.find(
      (outcome) => outcome.verdict === 'pass' && outcome.digest === registry.resolve('prod/app', '1'),
    )
    expect(winner).toBeDefined()
    expect(await evidenceOf(gate, to, passed(winner!))).toHaveLength(12)
    for (const outcome of outcomes) {
      if (outcome.verdict !== 'pass') expect(outcome).toMatchObject({ error: { code: 'TAG_CONFLICT' } })
    }
  })
})
