import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  attachAttestation,
  createStatement,
  generateSigningKey,
  keySigner,
  predicateTypes,
} from '@sallyport/attest'
import { digestOf, type RawManifest } from '@sallyport/core'
import { createGate, sqliteJournal, sqliteQuarantine } from '@sallyport/gate'
import { copy, isRegistryRepository, parseReference } from '@sallyport/oci'
import { defineWaivers } from '@sallyport/policy'
import { createImage, createImageIndex, pushImage } from '@sallyport/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AuditRecord } from '../audit-record.ts'
import type { AuditTerms, PresentTerms } from '../audit-terms.ts'
import { findGarbage } from '../garbage/find-garbage.ts'
import type { Classification } from '../ports/image-classifier.ts'
import { createClassifier } from './create-classifier.ts'
import { now, openLab, policyOf, sbomPredicate, scannerFor } from './evidence-lab.fixture.ts'

const keys = { evidence: generateSigningKey(), release: generateSigningKey() }
const signer = { evidence: keySigner(keys.evidence.privateKey), release: keySigner(keys.release.privateKey) }
const gateId = 'https://gate.example'
/** Rules of each sort: by findings, by packages, by files and configuration, by an expression. */
const rules = `    thresholds: [{ name: nothing critical, severity: critical, max: 0 }]
    requirements: { config: { setuid: { allow: [] } }, packages: { min: 2 } }
    rules: [{ name: small, expression: 'size(image.setuid) == 0 && size(packages) < 100' }]`
const policy = policyOf(rules)

const stanza = (name: string) =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.0\nDescription: of a test\n`
const imageOf = (name: string, platform = 'linux/amd64') =>
  createImage({
    platform,
    config: { Entrypoint: ['/usr/bin/app'] },
    layers: [
      {
        files: {
          '/etc/os-release': 'ID=debian\nVERSION_ID=12\n',
          '/usr/bin/app': { content: `the application ${name}`, mode: 0o755 },
          '/var/lib/dpkg/status': `${stanza('app')}\n${stanza('hello')}`,
          '/var/lib/dpkg/info/app.list': '/etc/os-release\n/usr/bin/app\n',
        },
      },
    ],
  })

const present = (changes: Partial<PresentTerms> = {}): PresentTerms => ({
  policy,
  scanners: [scannerFor()],
  ...changes,
})
const termsOf = (changes: Partial<AuditTerms> = {}): AuditTerms => ({
  tier: 'prod',
  signers: { keys: [keys.release.publicKey] },
  sbom: { keys: [keys.evidence.publicKey] },
  // The gate changed nothing, and the builder of a test attests nothing.
  provenance: false,
  decision: [{ id: gateId, by: { keys: [keys.release.publicKey] } }],
  decisionMaxAgeMs: 86_400_000,
  present: present(),
  ...changes,
})

describe('createClassifier, of what the gate promoted', () => {
  let lab: Awaited<ReturnType<typeof openLab>>
  let directory: string
  let count = 0
  const clock = { now: () => now }
  beforeAll(async () => {
    lab = await openLab()
    directory = await mkdtemp(join(tmpdir(), 'sallyport-audit-test-'))
  })
  afterAll(async () => {
    await lab[Symbol.asyncDispose]()
    await rm(directory, { recursive: true, force: true })
  })

  const repositoryOf = (path: string) => {
    const found = lab.client.repository(parseReference(`${lab.registry.host}/${path}:1`))
    if (!isRegistryRepository(found)) throw new TypeError('not of a registry')
    return found
  }

  /** Promotes an image, or an index of two platforms, into a repository of its own. */
  const promote = async (
    platforms?: readonly string[],
    options: {
      readonly scanners?: PresentTerms['scanners']
      readonly waivers?: PresentTerms['waivers']
    } = {},
  ) => {
    const name = `app-${++count}`
    const image = platforms
      ? createImageIndex(Object.fromEntries(platforms.map((platform) => [platform, imageOf(name, platform)])))
      : imageOf(name)
    await pushImage(repositoryOf(`build/${name}`), image, '1')
    await using journal = sqliteJournal(':memory:')
    await using quarantine = sqliteQuarantine(':memory:', { clock })
    const gate = createGate({
      policy,
      scanners: [scannerFor()],
      signer,
      journal,
      quarantine,
      verifierId: gateId,
      evidenceMode: 'bundle',
      repository: (reference) => lab.client.repository(reference),
      workDirectory: directory,
      clock,
      ...options,
    })
    const outcome = await gate.promote({
      from: `${lab.registry.host}/build/${name}:1`,
      to: `${lab.registry.host}/prod/${name}:1`,
      tier: 'prod',
    })
    expect(outcome.verdict).toBe('pass')
    const repository = repositoryOf(`prod/${name}`)
    const raw = await repository.getManifest('1')
    return {
      name,
      repository,
      raw,
      classify: (
        terms = termsOf(),
        what: { raw?: RawManifest; via?: RawManifest; at?: Date; in?: typeof repository } = {},
      ) =>
        createClassifier()(
          {
            repository: what.in ?? repository,
            raw: what.raw ?? raw,
            via: what.via?.descriptor.digest,
            terms,
          },
          { now: what.at ?? now },
        ),
      /** Deletes the referrers of a manifest that are of one predicate type. */
      async remove(predicateType: string, of = raw) {
        const { entries } = await repository.listReferrerEntries(of.descriptor.digest)
        const found = entries.filter(
          ({ annotations }) => annotations?.['dev.sigstore.bundle.predicateType'] === predicateType,
        )
        expect(found).not.toEqual([])
        for (const { digest } of found) await repository.deleteManifest(digest)
      },
    }
  }
  const short = ({ class: name, problems }: Classification) => [name, ...problems.map(({ code }) => code)]

  it('is compliant as it was promoted, and each single change gives its class', async () => {
    const { classify, name, repository, raw } = await promote()
    expect(await classify()).toMatchObject({
      class: 'compliant',
      problems: [],
      judgement: { verdict: 'pass', reasons: [] },
    })
    expect(short(await classify(termsOf(), { at: new Date(now.getTime() + 86_400_000) }))).toEqual([
      'compliant',
    ])
    expect(short(await classify(termsOf(), { at: new Date(now.getTime() + 86_400_001) }))).toEqual([
      'decision-stale',
      'too-old',
    ])
    const changed = present({ policy: policyOf(`${rules}\n    mode: enforce`) })
    expect(short(await classify(termsOf({ present: changed })))).toEqual([
      'decision-stale',
      'policy-mismatch',
    ])
    expect(short(await classify(termsOf({ tier: 'higher', present: undefined })))).toEqual([
      'decision-elsewhere',
      'level-missing',
    ])
    const stranger = { keys: [generateSigningKey().publicKey] }
    expect(short(await classify(termsOf({ signers: stranger })))).toEqual([
      'wrong-identity',
      'signer-not-accepted',
    ])
    expect(short(await classify(termsOf({ present: present({ scanners: [scannerFor('hello')] }) })))).toEqual(
      ['would-fail-today', 'threshold-exceeded'],
    )
    const other = repositoryOf(`prod/${name}-copy`)
    await copy(repository, other, { from: raw.descriptor.digest })
    expect(short(await classify(termsOf(), { in: other }))).toEqual([
      'decision-elsewhere',
      'resource-mismatch',
    ])
  })

  it('is unsigned once its signature is deleted', async () => {
    const { classify, remove } = await promote()
    await remove(predicateTypes.cosignSign)
    expect(short(await classify())).toEqual(['unsigned', undefined])
  })

  it('has no decision once that is deleted', async () => {
    const { classify, remove } = await promote()
    await remove(predicateTypes.vsa)
    expect(short(await classify())).toEqual(['no-decision', undefined])
  })

  it("disagrees once its SBOM is replaced by another image's", async () => {
    const { classify, remove, repository, raw } = await promote()
    await remove(predicateTypes.cyclonedx)
    const statement = createStatement(
      [{ name: repository.name, digest: raw.descriptor.digest }],
      predicateTypes.cyclonedx,
      sbomPredicate(digestOf('another image'), ['app@1.0']),
    )
    await attachAttestation(repository, raw.descriptor, statement, signer.evidence, {
      mode: 'bundle',
      settleMs: 0,
    })
    expect(short(await classify())).toEqual(['sbom-disagrees', 'subject-mismatch'])
  })

  it('says which evidence of a decision is lost, though all that is asked for is there', async () => {
    const { classify, remove, repository, raw } = await promote()
    expect((await classify()).decision).not.toHaveProperty('missingInputs')
    await remove(predicateTypes.vulns)
    const found = await classify()
    expect(found.class).toBe('compliant')
    const record: AuditRecord = {
      registry: lab.registry.host,
      repository: repository.name,
      digest: raw.descriptor.digest,
      role: 'image',
      tags: ['1'],
      auditedAt: now.toISOString(),
      ...found,
    }
    const garbage = []
    async function* records() {
      yield record
    }
    for await (const one of findGarbage(records())) garbage.push(one)
    expect(garbage).toMatchObject([{ kind: 'lost-evidence', missing: [expect.stringMatching(/^sha256:/)] }])
  })

  it('stands as long as the waiver that it passed with', async () => {
    const waivers = [
      defineWaivers(
        [
          {
            id: 'w1',
            vulnerability: 'CVE-2026-1001',
            scope: { package: 'pkg:deb/debian/hello' },
            reason: 'not reachable',
            owner: 'team',
            expires: '2026-06-03',
          },
        ],
        { source: 'waivers' },
      ),
    ]
    const scanners = [scannerFor('hello')]
    const { classify } = await promote(undefined, { scanners, waivers })
    const terms = termsOf({ decisionMaxAgeMs: undefined, present: present({ scanners, waivers }) })
    expect(short(await classify(terms))).toEqual(['compliant'])
    expect(short(await classify(terms, { at: new Date('2026-06-04T00:00:00Z') }))).toEqual([
      'would-fail-today',
      'threshold-exceeded',
    ])
    const withdrawn = termsOf({ present: present({ scanners }) })
    expect(short(await classify(withdrawn))).toEqual(['would-fail-today', 'threshold-exceeded'])
  })

  it('is compliant as an index, and so is each platform through it', async () => {
    const { classify, raw, repository, remove } = await promote(['linux/amd64', 'linux/arm64'])
    const children = await Promise.all(
      (JSON.parse(Buffer.from(raw.bytes).toString()) as { manifests: { digest: string }[] }).manifests.map(
        ({ digest }) => repository.getManifest(digest),
      ),
    )
    expect(short(await classify())).toEqual(['compliant'])
    const [amd64, arm64] = children
    for (const type of [predicateTypes.vsa, predicateTypes.cosignSign]) await remove(type, arm64)
    for (const child of children)
      expect(short(await classify(termsOf(), { raw: child, via: raw }))).toEqual(['compliant'])
    expect((await classify(termsOf(), { raw: arm64! })).class).toBe('unsigned')

    await remove(predicateTypes.cyclonedx, arm64)
    const found = await classify()
    expect(short(found)).toEqual(['no-sbom', undefined])
    expect(found.problems[0]?.message).toMatch(/^linux\/arm64: /)
    expect(short(await classify(termsOf(), { raw: arm64!, via: raw }))).toEqual(['no-sbom', undefined])
    expect(short(await classify(termsOf(), { raw: amd64!, via: raw }))).toEqual(['compliant'])
  })

  it('reads no layer, and each list of an index and its platforms once', async () => {
    const { repository, raw } = await promote(['linux/amd64', 'linux/arm64'])
    const classifier = createClassifier()
    const terms = termsOf()
    lab.registry.clearRequests()
    await classifier({ repository, raw, terms }, { now })
    const first = lab.registry.requests.map(({ method, path }) => `${method} ${path}`)
    expect(new Set(first).size).toBe(first.length)
    const [child] = (JSON.parse(Buffer.from(raw.bytes).toString()) as { manifests: { digest: string }[] })
      .manifests
    const childRaw = await repository.getManifest(child!.digest)
    lab.registry.clearRequests()
    await classifier({ repository, raw: childRaw, via: raw.descriptor.digest, terms }, { now })
    expect(lab.registry.requests).toEqual([])
    const layers = (JSON.parse(Buffer.from(childRaw.bytes).toString()) as { layers: { digest: string }[] })
      .layers
    expect(first.filter((request) => layers.some(({ digest }) => request.includes(digest)))).toEqual([])
  })
})
