import { createPublicKey, verify } from 'node:crypto'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { preAuthEncoding } from '../statement/pre-auth-encoding.ts'
import { parseStatement } from '../statement/parse-statement.ts'
import { checkBuilder } from './check-builder.ts'
import { checkVsa } from './check-vsa.ts'
import { parsePredicate } from './parse-predicate.ts'
import type { PredicateKind } from './predicate-kind.ts'
import { predicateKinds } from './predicate-kinds.ts'

const data = join(import.meta.dirname, '../../../../../shared/data')
const hasData = existsSync(data)
const find = (pattern: string) => (hasData ? globSync(pattern, { cwd: data }).sort() : [])
const read = (path: string): unknown => JSON.parse(readFileSync(join(data, path), 'utf8'))

interface Example {
  readonly predicateType: string
  readonly predicate: unknown
}
const kinds: readonly PredicateKind<unknown>[] = Object.values(predicateKinds)
const kindOf = (type: string) => kinds.find((kind) => kind.reads(type))
const invalid = expect.objectContaining({ name: 'AttestError', code: 'PREDICATE_INVALID' })

interface Envelope {
  readonly payloadType: string
  readonly payload: string
  readonly signatures: readonly { readonly sig: string }[]
}
const payloadOf = (path: string) => {
  const json = read(path) as Envelope | { readonly dsseEnvelope: Envelope }
  return Buffer.from(('dsseEnvelope' in json ? json.dsseEnvelope : json).payload, 'base64')
}

describe.skipIf(!hasData)(`predicates of others${hasData ? '' : ' (skipped without ../shared/data)'}`, () => {
  const examples = find('slsa/predicates/*/*.json').filter((path) => basename(path) !== 'index.json')
  const foreign = 'slsa/predicates/in-toto/release-4.json'

  it.each(examples.filter((path) => path !== foreign))(
    'reads the example %s, and keeps all of it',
    (path) => {
      const { predicateType, predicate } = read(path) as Example
      const kind = kindOf(predicateType)
      expect(parsePredicate({ predicateType, predicate }, kind!)).toEqual(predicate)
    },
  )

  it('reads no type that is not one of the kinds: what npm publishes', () => {
    const { predicateType } = read(foreign) as Example
    expect(kindOf(predicateType)).toBeUndefined()
  })

  it('reads each example as one kind only', () => {
    for (const path of examples.filter((path) => path !== foreign)) {
      const { predicateType } = read(path) as Example
      expect(kinds.filter((kind) => kind.reads(predicateType))).toHaveLength(1)
    }
  })

  const provenances = [
    ...find('sigstore/bundles/sigstore-go/bundles/{dsse,sigstore.js*provenance}.sigstore.json'),
    ...find('sigstore/bundles/sigstore-go/examples/bundle-provenance.json'),
    // Some cases of the suite are no statements, and one is no JSON.
    ...find('sigstore/conformance/**/bundle.sigstore.json').filter((path) => {
      try {
        return parseStatement(payloadOf(path)).predicateType === 'https://slsa.dev/provenance/v1'
      } catch {
        return false
      }
    }),
  ]
  const placeholder = /rekor2-dsse/
  it.each(provenances.filter((path) => !placeholder.test(path)))(
    'reads the provenance of the bundle %s',
    (path) => {
      const statement = parseStatement(payloadOf(path))
      expect(parsePredicate(statement, kindOf(statement.predicateType)!)).toEqual(statement.predicate)
    },
  )

  it.each(provenances.filter((path) => placeholder.test(path)))(
    'refuses the placeholder in %s, which has no external parameters',
    (path) => {
      const statement = parseStatement(payloadOf(path))
      expect(() => parsePredicate(statement, predicateKinds.provenance)).toThrowError(/externalParameters/)
    },
  )

  const generator =
    'https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml@refs/tags'
  it.each([
    ['v1.4.0', '784c5bd14237b9a979fd0251f01dcc7956f06da243ca1e9c52470c410e53c654', 'refs/heads/main'],
    ['v1.10.0', '20b16d5835eceaa7b9dbb7e4fdf4db52a8b9159c1416dd73e54cade07e838917', 'refs/tags/v13.0.30'],
    ['v2.1.0', 'e163b472f2e5d66e5a2a45e26e020c51a0d2da7dc8b567b31fc2ebfd33dbc33a', 'refs/heads/main'],
  ])(
    'takes builder, source and branch from the provenance v0.2 of slsa-github-generator %s',
    (version, blob, ref) => {
      const path = `oci/layouts/slsa-verifier/${version}/container_workflow_dispatch/blobs/sha256/${blob}`
      const provenance = parsePredicate(parseStatement(payloadOf(path)), predicateKinds.provenanceV02)
      const subject = `${generator}/${version}`
      const uri = 'github.com/slsa-framework/example-package'
      const check = (options: object) =>
        checkBuilder(provenance, {
          builders: { [subject]: { maxLevel: 3, signedBy: 'subject' } },
          signer: {
            kind: 'certificate',
            issuer: 'https://token.actions.githubusercontent.com',
            subject,
            claims: {},
          },
          source: { uri, branch: 'main' },
          externalParameters: [],
          ...options,
        })
      const codes = (options: object) => check(options).problems.map(({ code }) => code)
      expect(check({})).toEqual({ ok: true, level: 3, problems: [] })
      expect(codes({ source: { uri: `git+https://${uri}@${ref}` } })).toEqual([])
      expect(codes({ source: { uri: `${uri}-fork`, branch: 'main' } })).toEqual(['source-mismatch'])
      expect(codes({ source: { uri, branch: 'release' } })).toEqual(['ref-mismatch'])
      expect(codes({ builders: { [`${generator}/v0.0.1`]: 3 } })).toEqual(['builder-untrusted'])
      expect(
        codes({ signer: { kind: 'certificate', issuer: '', subject: `${generator}/v9.9.9`, claims: {} } }),
      ).toEqual(['signer-mismatch'])
    },
  )

  it('reads what cosign attests with --type custom and --type vuln', () => {
    const statement = parseStatement(payloadOf('sigstore/bundles/cosign/oci-attestation.sigstore.json'))
    expect(parsePredicate(statement, predicateKinds.cosignCustom)).toEqual({
      Data: '{"foo": "bar"}\n',
      Timestamp: '2025-02-28T19:18:11Z',
    })
    const vuln = predicateKinds.cosignVuln.parse(
      read('sigstore/bundles/cosign/attestations/vuln-predicate.json'),
    )
    expect(vuln.metadata.scanFinishedOn).toBe('2022-04-12T00:10:00Z')
  })

  it('reads the real VSA of a GKE image, whose signature is r‖s, and holds it against what was expected', () => {
    const folder = 'slsa/vsa/gce/v1'
    const { payloadType, signatures } = read(`${folder}/gke-gce-pre.bcid-vsa.jsonl`) as Envelope
    const payload = payloadOf(`${folder}/gke-gce-pre.bcid-vsa.jsonl`)
    const key = createPublicKey(readFileSync(join(data, folder, 'vsa_signing_public_key.pem')))
    const signature = Buffer.from(signatures[0]!.sig, 'base64')
    const signed = preAuthEncoding(payloadType, payload)
    expect(verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, signature)).toBe(true)

    const { expect: facts } = read('slsa/vsa/facts.json') as {
      readonly expect: {
        readonly verifierId: string
        readonly resourceUri: string
        readonly verifiedLevels: string[]
      }
    }
    const vsa = parsePredicate(parseStatement(payload), predicateKinds.vsa)
    const { verifierId, resourceUri, verifiedLevels } = facts
    const now = new Date('2024-06-12T08:24:34Z')
    const expected = { verifierId, resourceUri, minimumLevels: verifiedLevels, now, maxAgeMs: 3_600_000 }
    const codes = (options: object) =>
      checkVsa(vsa, { ...expected, ...options }).problems.map(({ code }) => code)
    expect(codes({})).toEqual([])
    expect(codes({ minimumLevels: ['SLSA_BUILD_LEVEL_1'] })).toEqual([])
    expect(codes({ minimumLevels: ['SLSA_BUILD_LEVEL_3'] })).toEqual(['level-missing'])
    expect(codes({ verifierId: `${verifierId}.1` })).toEqual(['verifier-mismatch'])
    expect(codes({ resourceUri: `${resourceUri}-post` })).toEqual(['resource-mismatch'])
    expect(codes({ maxAgeMs: 3_599_000 })).toEqual(['too-old'])
    expect(codes({ now: new Date('2024-06-12T07:00:00Z') })).toEqual(['from-the-future'])
  })

  // What only a validator of CycloneDX would find; it stays the producer's business.
  const notLookedAt = /component-type|dependency|citations|version-and-range|hash-alg|license-choice/
  it.each(find('slsa/sbom/cyclonedx-*/*.json'))(
    'judges the document %s as its name says, where it looks',
    (path) => {
      const document = read(path)
      if (basename(path).startsWith('valid-') || notLookedAt.test(path)) {
        expect(predicateKinds.cyclonedx.parse(document)).toEqual(document)
      } else {
        expect(() => predicateKinds.cyclonedx.parse(document)).toThrowError(invalid)
      }
    },
  )

  it.each(find('slsa/sbom/spdx-*/*.json'))('reads the document %s', (path) => {
    expect(predicateKinds.spdx.parse(read(path))).toEqual(read(path))
    expect(() => predicateKinds.cyclonedx.parse(read(path))).toThrowError(invalid)
  })

  it.each(find('slsa/vex/cyclonedx/**/{vex*,bom*}.json'))('reads the VEX and BOM %s', (path) => {
    expect(predicateKinds.cyclonedx.parse(read(path))).toEqual(read(path))
  })

  const excerpts = /openvex-spec-2|openvex-attesting|openvex_json_schema|index\.json|csaf\.json/
  it.each(find('slsa/vex/openvex-*/**/*.json').filter((path) => !excerpts.test(path)))(
    'reads the OpenVEX document %s into the form of version 0.2.0',
    (path) => {
      const { statements, version } = predicateKinds.openvex.parse(read(path))
      expect(statements.length).toBeGreaterThan(0)
      expect(['number', 'undefined']).toContain(typeof version)
      for (const { vulnerability, products } of statements) {
        expect(vulnerability.name).toMatch(/^(CVE|GHSA)-/)
        expect(products?.map((product) => product['@id'])).toEqual(
          products?.map(() => expect.stringMatching(/^pkg:/)),
        )
      }
    },
  )

  it.each([
    ['openvex-attesting-1', 'an empty type'],
    ['openvex-attesting-3', 'the media type as type'],
  ])('finds no kind for %s: %s', (name) => {
    expect(kindOf((read(`slsa/vex/openvex-spec/${name}.json`) as Example).predicateType)).toBeUndefined()
  })

  it('refuses an OpenVEX attestation without a document', () => {
    const statement = read('slsa/vex/openvex-spec/openvex-attesting-2.json') as Example
    expect(() => parsePredicate(statement, predicateKinds.openvex)).toThrowError(invalid)
  })
})
