import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseStatement } from '../statement/parse-statement.ts'
import { serializeStatement } from '../statement/serialize-statement.ts'
import { createStatement, predicateTypes } from '../statement/statement.ts'
import { cosignTypes } from './cosign-types.ts'
import { parsePredicate } from './parse-predicate.ts'
import type { PredicateKind } from './predicate-kind.ts'
import { predicateKinds } from './predicate-kinds.ts'

const digest = `sha256:${'ab'.repeat(32)}` as const
const digestSet = { sha256: 'ab'.repeat(32) }
const time = new Date('2026-11-25T12:00:00Z')
const invalid = (message: RegExp) =>
  expect.objectContaining({
    name: 'AttestError',
    code: 'PREDICATE_INVALID',
    message: expect.stringMatching(message),
  })

const policy = { uri: 'https://example.com/policy', digest }
const vsaParts = {
  verifier: { id: 'https://example.com/gate', version: { gate: '1.2.3' } },
  timeVerified: time,
  resourceUri: 'pkg:oci/app?repository_url=prod.example/app',
  policy,
  inputAttestations: [{ uri: 'oci://prod.example/app@x', digest }],
  result: 'PASSED' as const,
  verifiedLevels: ['SLSA_BUILD_LEVEL_2', 'ACME_GATE'],
}
const finding = { id: 'CVE-2026-1', severity: [{ method: 'nvd', score: 'high' }] }
const vulnsParts = {
  scanner: { uri: 'https://example.com/scan', database: { lastUpdate: time } },
  result: [finding],
  scanStartedOn: time,
  scanFinishedOn: time,
}
const vexParts = {
  id: 'https://example.com/vex/1',
  author: 'ACME',
  timestamp: time,
  statements: [
    {
      vulnerability: { name: 'CVE-2026-1' },
      products: [{ id: 'pkg:oci/app', subcomponents: [{ id: 'pkg:deb/debian/zlib1g@1' }] }],
      status: 'not_affected' as const,
      justification: 'component_not_present' as const,
    },
  ],
}
const bom = { bomFormat: 'CycloneDX', specVersion: '1.6' }

const provenanceParts = {
  buildType: 'https://example.com/build/v1',
  externalParameters: { source: 'github.com/acme/app' },
  resolvedDependencies: [{ uri: 'git+https://github.com/acme/app', digest }],
  builder: { id: 'https://example.com/builder' },
  startedOn: time,
  byproducts: [{ name: 'report', content: Buffer.from('{}'), mediaType: 'application/json' }],
}

const built = {
  provenance: predicateKinds.provenance.build(provenanceParts),
  vsa: predicateKinds.vsa.build(vsaParts),
  svr: predicateKinds.svr.build({
    verifier: { id: 'https://example.com/gate', policies: [policy] },
    timeCreated: time,
    properties: ['ACME_APPROVED'],
  }),
  vulns: predicateKinds.vulns.build(vulnsParts),
  cosignVuln: predicateKinds.cosignVuln.build({
    scanner: { uri: 'https://example.com/scan' },
    result: { findings: [] },
    scanStartedOn: time,
    scanFinishedOn: time,
  }),
  cosignCustom: predicateKinds.cosignCustom.build({ data: 'anything', timestamp: time }),
  openvex: predicateKinds.openvex.build(vexParts),
  scai: predicateKinds.scai.build({
    attributes: [{ attribute: 'PACKAGE_REMOVED', target: { uri: 'pkg:deb/debian/perl@5' } }],
    producer: { uri: 'https://example.com/gate' },
  }),
  runtimeTrace: predicateKinds.runtimeTrace.build({
    monitor: { type: 'https://example.com/monitor', configSource: { uri: 'https://example.com/c', digest } },
    monitoredProcess: { hostId: 'https://example.com/host', type: 'https://example.com/run', event: '1' },
    monitorLog: { network: [{ ip: '192.0.2.1' }], fileAccess: [{ name: '/etc/passwd', digest }] },
    startedOn: time,
  }),
  cyclonedx: predicateKinds.cyclonedx.build(bom),
  spdx: predicateKinds.spdx.build({ SPDXID: 'SPDXRef-DOCUMENT', spdxVersion: 'SPDX-2.3' }),
}

describe('predicateKinds', () => {
  const kinds: readonly PredicateKind<unknown>[] = Object.values(predicateKinds)

  it.each(Object.entries(built))('reads back %s as it was built, through a statement', (name, predicate) => {
    const kind = predicateKinds[name as keyof typeof built]
    const bytes = serializeStatement(createStatement([{ digest }], kind.type, predicate))
    expect(parsePredicate(parseStatement(bytes), kind as PredicateKind<unknown>)).toEqual(predicate)
  })

  it('writes what the specifications call the fields', () => {
    expect(JSON.parse(JSON.stringify(built))).toMatchObject({
      provenance: {
        buildDefinition: { resolvedDependencies: [{ digest: digestSet }] },
        runDetails: {
          builder: { id: 'https://example.com/builder' },
          metadata: { startedOn: '2026-11-25T12:00:00.000Z' },
          byproducts: [{ content: 'e30=' }],
        },
      },
      vsa: {
        verifier: { id: 'https://example.com/gate', version: { gate: '1.2.3' } },
        timeVerified: '2026-11-25T12:00:00.000Z',
        policy: { uri: 'https://example.com/policy', digest: digestSet },
        inputAttestations: [{ digest: digestSet }],
        verificationResult: 'PASSED',
        verifiedLevels: ['SLSA_BUILD_LEVEL_2', 'ACME_GATE'],
        slsaVersion: '1.1',
      },
      svr: { verifier: { policies: [{ digest: digestSet }] }, timeCreated: '2026-11-25T12:00:00.000Z' },
      vulns: {
        scanner: { db: { lastUpdate: '2026-11-25T12:00:00.000Z' }, result: [finding] },
        metadata: { scanStartedOn: '2026-11-25T12:00:00.000Z' },
      },
      cosignVuln: {
        invocation: { parameters: [], uri: '', event_id: '', 'builder.id': '' },
        scanner: { version: '', db: { uri: '', version: '' } },
      },
      cosignCustom: { Data: 'anything', Timestamp: '2026-11-25T12:00:00.000Z' },
      openvex: {
        '@context': 'https://openvex.dev/ns/v0.2.0',
        version: 1,
        statements: [
          { products: [{ '@id': 'pkg:oci/app', subcomponents: [{ '@id': 'pkg:deb/debian/zlib1g@1' }] }] },
        ],
      },
      scai: { attributes: [{ target: { uri: 'pkg:deb/debian/perl@5' } }] },
      runtimeTrace: {
        monitoredProcess: { hostID: 'https://example.com/host' },
        metadata: { buildStartedOn: '2026-11-25T12:00:00.000Z' },
      },
    })
    expect(Object.keys(predicateKinds.vsa.build({ ...vsaParts, inputAttestations: [] }))).toContain('policy')
    expect(predicateKinds.vsa.build({ ...vsaParts, inputAttestations: [] }).inputAttestations).toBeUndefined()
  })

  it('reads every type that it writes, and none twice', () => {
    const { cosignSign, ...types } = predicateTypes
    for (const type of Object.values(types)) expect(kinds.filter((kind) => kind.reads(type))).toHaveLength(1)
    // A signature has no predicate to speak of.
    expect(kinds.some((kind) => kind.reads(cosignSign))).toBe(false)
    for (const type of Object.values(cosignTypes)) expect(kinds.some((kind) => kind.reads(type))).toBe(true)
  })

  it.each([
    ['https://spdx.dev/Document/v2.3', true],
    ['https://spdx.dev/Document/v3.0.1', true],
    ['https://spdx.dev/Document/v', false],
    ['https://spdx.dev/Document/v2.3/evil', false],
    ['https://spdx.dev/Documents', false],
  ])('takes %s for SPDX: %s', (type, expected) => {
    expect(predicateKinds.spdx.reads(type)).toBe(expected)
  })

  it('keeps unknown fields, and takes null for an absent one', () => {
    const predicate = { ...built.vsa, slsaVersion: null, 'https://example.com/more': { any: [1] } }
    const parsed = predicateKinds.vsa.parse(predicate)
    expect(parsed).toMatchObject({ 'https://example.com/more': { any: [1] } })
    expect(parsed.slsaVersion).toBeUndefined()
  })

  it.each([
    ['provenance', { ...built.provenance, buildDefinition: {} }, /buildDefinition\.buildType/],
    ['provenance', { ...built.provenance, runDetails: { builder: { id: '' } } }, /runDetails\.builder\.id/],
    [
      'provenance',
      { ...built.provenance, runDetails: { builder: { id: ['a'] } } },
      /runDetails\.builder\.id/,
    ],
    ['provenanceV02', { builder: { id: 'a' }, buildType: 'b', buildDefinition: {} }, /buildDefinition/],
    ['provenanceV02', { builder: { id: 'a' }, buildType: 'b', materials: {} }, /materials/],
    ['vsa', { ...built.vsa, resourceUri: undefined, resource_uri: 'pkg:oci/app' }, /resourceUri/],
    ['vsa', { ...built.vsa, verificationResult: 'passed' }, /verificationResult/],
    ['vsa', { ...built.vsa, verifiedLevels: 'SLSA_BUILD_LEVEL_3' }, /verifiedLevels/],
    ['vsa', { ...built.vsa, verifier: 'https://example.com/gate' }, /verifier/],
    ['vsa', { ...built.vsa, timeVerified: '2026-11-25' }, /timeVerified/],
    ['vsa', { ...built.vsa, timeVerified: '2026-11-25T12:00:00' }, /timeVerified/],
    ['vsa', { ...built.vsa, timeVerified: '2026-13-25T12:00:00Z' }, /timeVerified/],
    ['vsa', { ...built.vsa, dependencyLevels: { SLSA_BUILD_LEVEL_1: -1 } }, /dependencyLevels/],
    ['svr', { ...built.svr, verifier: { id: 'a' } }, /verifier\.policies/],
    ['vulns', { ...built.vulns, metadata: {} }, /metadata\.scanStartedOn/],
    [
      'vulns',
      { ...built.vulns, scanner: { uri: 'a', result: [{ id: 'CVE-1' }] } },
      /scanner\.result\.0\.severity/,
    ],
    ['vulns', { ...built.vulns, scanner: { uri: 'a', db: {}, result: [] } }, /scanner\.db\.lastUpdate/],
    ['cosignVuln', { ...built.cosignVuln, scanner: [] }, /scanner/],
    ['cosignCustom', { Data: 'a' }, /Timestamp/],
    ['cyclonedx', { ...bom, components: [{ type: 'library', name: 1 }] }, /components\.0\.name/],
    ['cyclonedx', { ...bom, specVersion: '2.0' }, /specVersion/],
    ['spdx', { ...built.spdx, spdxVersion: 'SPDX-1.2' }, /spdxVersion/],
    ['spdx', { ...built.spdx, ...bom }, /bomFormat/],
    ['spdx', { '@context': 'https://spdx.org', '@graph': [{}] }, /@graph\.0\.type/],
    ['spdx', 'SPDXVersion: SPDX-2.3', /not valid JSON/],
    ['openvex', { ...built.openvex, '@context': 'https://openvex.dev/nsx' }, /@context/],
    ['openvex', { ...built.openvex, statements: [{ vulnerability: 'CVE-1', status: 'safe' }] }, /status/],
    ['scai', { attributes: [] }, /attributes/],
    ['runtimeTrace', { ...built.runtimeTrace, monitorLog: { process: ['a'] } }, /monitorLog\.process\.0/],
    ['testResult', { result: 'OK', configuration: [] }, /result/],
    ['release', { purl: 'pkg:npm/semver' }, /purl/],
    ['reference', { attester: { id: 'a' }, references: [{ digest: {} }] }, /references\.0\.downloadLocation/],
    ['link', { name: 'build', materials: 'a' }, /materials/],
    ['vsa', null, /predicate/],
    ['vsa', [], /predicate/],
    ['vsa', '{"verifier":1,"verifier":2}', /appears twice/],
  ] as const)('refuses a %s and names the field: %j', (name, predicate, message) => {
    expect(() => predicateKinds[name].parse(predicate)).toThrowError(invalid(message))
  })

  it('keeps names out of messages that would break a line', () => {
    const parse = () => predicateKinds.vsa.parse({ ...built.vsa, dependencyLevels: { 'a\n\u202e': 'x' } })
    expect(parse).toThrowError(invalid(/^[ -~]+$/))
  })

  it('throws nothing but its own error, whatever it is given', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...kinds),
        fc.oneof(fc.jsonValue({ maxDepth: 5 }), fc.anything()),
        (kind, value) => {
          try {
            kind.parse(value)
          } catch (error) {
            expect(error).toMatchObject({ name: 'AttestError', code: 'PREDICATE_INVALID' })
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  it('refuses or reads a predicate in which any one field was replaced, and never fails otherwise', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(built)),
        fc.nat(),
        fc.jsonValue({ maxDepth: 2 }),
        (name, at, value) => {
          const kind = predicateKinds[name as keyof typeof built]
          const copy = structuredClone(built[name as keyof typeof built])
          const places = placesOf(copy)
          places[at % places.length]?.(value)
          try {
            kind.parse(copy)
          } catch (error) {
            expect(error).toMatchObject({ name: 'AttestError', code: 'PREDICATE_INVALID' })
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})

/** A setter for each field at any depth. */
function placesOf(value: unknown): ((member: unknown) => void)[] {
  if (typeof value !== 'object' || value === null) return []
  const members = value as Record<string, unknown>
  return Object.entries(members).flatMap(([name, member]) => [
    (other: unknown) => {
      members[name] = other
    },
    ...placesOf(member),
  ])
}

describe('older forms', () => {
  it('lifts the findings of vulns 0.1 into the form of 0.2', () => {
    const { scanner, metadata } = built.vulns
    const old = { scanner: { ...scanner, result: [{ vulnerability: finding, more: 1 }, finding] }, metadata }
    const predicateType = 'https://in-toto.io/attestation/vulns/v0.1'
    const { result } = parsePredicate({ predicateType, predicate: old }, predicateKinds.vulns).scanner
    expect(result).toEqual([{ ...finding, more: 1 }, finding])
  })

  it.each([
    ['a text', JSON.stringify(bom)],
    ['the data of a generic predicate', { Data: bom, Timestamp: '2022-01-01T00:00:00Z' }],
  ])('reads an SBOM that old versions of cosign attested as %s', (_, predicate) => {
    const predicateType = predicateTypes.cyclonedx
    expect(parsePredicate({ predicateType, predicate }, predicateKinds.cyclonedx)).toEqual(bom)
  })

  it('does not look into the data of a document that is one itself', () => {
    const predicate = { ...bom, Data: { ...bom, specVersion: '1.2' } }
    expect(predicateKinds.cyclonedx.parse(predicate)).toEqual(predicate)
  })
})

describe('parsePredicate', () => {
  it.each([
    ['another type', 'https://slsa.dev/provenance/v1'],
    ['the older VSA', 'https://slsa.dev/verification_summary/v0.2'],
    ['a longer type', `${predicateTypes.vsa}/x`],
  ])('refuses a predicate under %s, though it reads like the right one', (_, predicateType) => {
    expect(() => parsePredicate({ predicateType, predicate: built.vsa }, predicateKinds.vsa)).toThrowError(
      invalid(/expected https:\/\/slsa\.dev\/verification_summary\/v1$/),
    )
  })
})

describe('build', () => {
  const vsa = (parts: object) => () => predicateKinds.vsa.build({ ...vsaParts, ...parts })
  const vex = (statement: object) => () =>
    predicateKinds.openvex.build({ ...vexParts, statements: [{ ...vexParts.statements[0]!, ...statement }] })

  it('says FAILED where it failed', () => {
    expect(vsa({ result: 'FAILED', verifiedLevels: [] })()).toMatchObject({
      verificationResult: 'FAILED',
      verifiedLevels: ['FAILED'],
    })
  })

  it.each([
    [
      'two levels of one track',
      vsa({ verifiedLevels: ['SLSA_BUILD_LEVEL_1', 'SLSA_BUILD_LEVEL_2'] }),
      /track BUILD/,
    ],
    [
      'a level of a track that is unevaluated',
      vsa({ verifiedLevels: ['SLSA_BUILD_LEVEL_UNEVALUATED', 'SLSA_BUILD_LEVEL_2'] }),
      /track BUILD/,
    ],
    ['a level that SLSA has not', vsa({ verifiedLevels: ['SLSA_BUILD_LEVEL_4'] }), /SLSA_BUILD_LEVEL_4/],
    ['an own value with the prefix of SLSA', vsa({ verifiedLevels: ['SLSA_ACME'] }), /SLSA_ACME/],
    ['FAILED as a level of what passed', vsa({ verifiedLevels: ['FAILED'] }), /FAILED/],
    ['levels of what failed', vsa({ result: 'FAILED' }), /no verified levels/],
    ['a further field without a URI as name', vsa({ extensions: { more: 1 } }), /more/],
    ['an invalid time', vsa({ timeVerified: new Date(Number.NaN) }), /date/],
    ['an empty verifier', vsa({ verifier: { id: '' } }), /verifier\.id/],
    ['a VEX that gives no reason', vex({ justification: undefined }), /justification/],
    ['a VEX that says no action', vex({ status: 'affected' }), /action/],
    ['a VEX about nothing', vex({ products: [] }), /product/],
    ['a trace of nothing', trace({}), /neither processes/],
    [
      'a resource that nothing identifies',
      () => predicateKinds.provenance.build({ ...provenanceParts, resolvedDependencies: [{ name: 'base' }] }),
      /base/,
    ],
    ['no CycloneDX document', () => predicateKinds.cyclonedx.build({}), /bomFormat/],
  ])('refuses %s', (_, build, message) => {
    expect(build).toThrowError(invalid(message))
  })

  it('lets no further field replace one of the summary', () => {
    expect(vsa({ extensions: { 'https://example.com/x': 1 } })()).toMatchObject({
      'https://example.com/x': 1,
    })
    expect(vsa({ extensions: { verificationResult: 'FAILED' } })).toThrowError(invalid(/verificationResult/))
  })
})

function trace(monitorLog: object) {
  return () =>
    predicateKinds.runtimeTrace.build({
      monitor: { type: 'a' },
      monitoredProcess: { hostId: 'a', type: 'a', event: 'a' },
      monitorLog,
    })
}
