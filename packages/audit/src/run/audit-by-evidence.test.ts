import { decisionLevel, decisionResource, predicateKinds, predicateTypes } from '@sallyport/attest'
import { digestOf } from '@sallyport/core'
import { describe, expect, it, vi } from 'vitest'
import type { AuditClass } from '../audit-class.ts'
import { createClassifier } from '../classify/create-classifier.ts'
import {
  decidedAt,
  gateId,
  now,
  openLab,
  policyOf,
  presentTerms,
  type Scene,
  signers,
} from '../classify/evidence-lab.fixture.ts'
import { sqliteAuditState } from '../state/audit-state.ts'
import { distributionListing } from '../walk/distribution-listing.ts'
import { createAudit } from './create-audit.ts'

vi.setConfig({ testTimeout: 60_000 })

type Store = 'bundle' | 'legacy' | 'both'

/** What is attached to an image, and what it is then. */
const scenes: readonly (readonly [AuditClass, (scene: Scene, mode: Store) => Promise<unknown>])[] = [
  ['compliant', (scene, mode) => scene.attachAll({ mode })],
  ['unsigned', async () => {}],
  [
    'unsigned',
    async (scene, mode) => {
      await scene.sbom({ mode })
      await scene.provenance({ mode })
      await scene.decide({ mode })
    },
  ],
  [
    'wrong-identity',
    async (scene, mode) => {
      await scene.sign({ mode, by: signers.evidence })
      await scene.sbom({ mode })
      await scene.provenance({ mode })
      await scene.decide({ mode })
    },
  ],
  [
    'no-decision',
    async (scene, mode) => {
      await scene.sign({ mode })
      await scene.sbom({ mode })
      await scene.provenance({ mode })
    },
  ],
  [
    'decision-elsewhere',
    async (scene, mode) => {
      await scene.sign({ mode })
      await scene.sbom({ mode })
      await scene.provenance({ mode })
      await scene.decide({ mode, parts: { resourceUri: 'https://elsewhere.example/app' } })
    },
  ],
  [
    'decision-stale',
    async (scene, mode) => {
      await scene.sign({ mode })
      await scene.sbom({ mode })
      await scene.provenance({ mode })
      const { digest } = policyOf('    thresholds: [{ name: other, severity: high, max: 9 }]')
      await scene.decide({ mode, parts: { policy: { uri: 'gate.yaml', digest } } })
    },
  ],
  [
    'decision-stale',
    async (scene, mode) => {
      await scene.sign({ mode })
      await scene.sbom({ mode })
      await scene.provenance({ mode })
      const decision = predicateKinds.vsa.build({
        verifier: { id: gateId },
        timeVerified: decidedAt,
        resourceUri: decisionResource(scene.repository.name),
        policy: { uri: 'gate.yaml', digest: digestOf('left out') },
        result: 'PASSED',
        verifiedLevels: [decisionLevel('prod')],
      }) as object
      await scene.attest(
        predicateTypes.vsa,
        { ...decision, policy: { uri: 'gate.yaml' } },
        { mode, by: signers.release },
      )
    },
  ],
  [
    'would-fail-today',
    async (scene, mode) => {
      await scene.sign({ mode })
      await scene.sbom({ mode, packages: ['flawed@1'] })
      await scene.provenance({ mode })
      await scene.decide({ mode })
    },
  ],
  [
    'no-sbom',
    async (scene, mode) => {
      await scene.sign({ mode })
      await scene.provenance({ mode })
      await scene.decide({ mode })
    },
  ],
  [
    'sbom-disagrees',
    async (scene, mode) => {
      await scene.sign({ mode })
      await scene.sbom({ mode, describes: digestOf('another') })
      await scene.provenance({ mode })
      await scene.decide({ mode })
    },
  ],
  [
    'no-provenance',
    async (scene, mode) => {
      await scene.sign({ mode })
      await scene.sbom({ mode })
      await scene.decide({ mode })
    },
  ],
  [
    'error',
    async (scene, mode) => {
      await scene.sign({ mode })
      await scene.sbom({ mode, packages: [] })
      await scene.provenance({ mode })
      await scene.decide({ mode })
    },
  ],
]

const count = (classes: readonly AuditClass[]): Partial<Record<AuditClass, number>> =>
  Object.fromEntries([...Map.groupBy(classes, (each) => each)].map(([name, all]) => [name, all.length]))

describe('an audit by the real classifier', () => {
  it.each<[string, Store, { referrersApi?: boolean }]>([
    ['bundles behind the referrers API', 'bundle', {}],
    ['bundles under fallback tags', 'bundle', { referrersApi: false }],
    ["cosign's old tags", 'legacy', {}],
    ['both, without the referrers API', 'both', { referrersApi: false }],
  ])('counts every class exactly, twice, with evidence in %s', async (_, mode, quirks) => {
    await using lab = await openLab(quirks)
    const expected: [string, AuditClass][] = []
    for (const [name, attach] of scenes) {
      const scene = await lab.scene()
      await attach(scene, mode)
      expected.push([
        scene.repository.name.slice(lab.registry.host.length + 1),
        name === 'compliant' && mode === 'legacy' ? 'legacy-only' : name,
      ])
    }
    const index = await lab.scene(['linux/amd64', 'linux/arm64'])
    for (const to of index.children) await index.sbom({ to: to.descriptor, mode })
    for (const attach of [index.sign, index.provenance, index.decide]) await attach({ mode })
    const broken = await lab.scene()
    await broken.plant('junk')

    const of = (name: AuditClass): AuditClass => (mode === 'legacy' ? 'legacy-only' : name)
    const classes = count([
      ...expected.map(([, name]) => name),
      ...Array<AuditClass>(3).fill(of('compliant')),
      'unverifiable',
    ])

    await using state = sqliteAuditState(':memory:')
    const clock = { time: now.getTime(), now: () => new Date(clock.time) }
    const audit = createAudit({
      client: lab.client,
      state,
      clock,
      terms: presentTerms(['flawed']),
      listing: distributionListing({ client: lab.client, registry: lab.registry.host }),
      classifier: createClassifier(),
    })
    const first = await audit.run()
    const found: [string, string | undefined][] = []
    for await (const { repository, role, class: is } of audit.archive.records(first.id, { role: 'image' }))
      if (role === 'image') found.push([repository, is])
    expect(Object.fromEntries(found)).toMatchObject(Object.fromEntries(expected))
    expect(first.classes).toEqual(classes)

    lab.registry.clearRequests()
    clock.time += 3_600_000
    const second = await audit.run()
    expect(second).toMatchObject({ classes, roles: first.roles, reused: first.examined - 1, examined: 1 })
    expect(first.roles).toMatchObject({ index: 1, platform: 2, image: scenes.length + 1 })
    expect(first.roles).not.toHaveProperty('stray-evidence')
    expect(first.roles).not.toHaveProperty('artifact')
  })
})
