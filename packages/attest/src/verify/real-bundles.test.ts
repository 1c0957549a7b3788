import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Descriptor, type Digest, digestOf, type ImageManifest } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { resolveTrust } from '../trust/resolve-trust.ts'
import { parseTrustedRoot } from '../trust/trusted-root.ts'
import type { CertificateIdentity } from '../trust/verification-trust.ts'
import { openBundle } from './open-bundle.ts'
import { verifySignature } from './signature/verify-signature.ts'
import { verifyBundle } from './verify-bundle.ts'
import { verifyCandidate } from './verify-candidate.ts'

const shared = join(import.meta.dirname, '../../../../../shared/data')
const hasData = existsSync(join(shared, 'sigstore'))
const bundles = join(shared, 'sigstore/bundles')
const layouts = join(shared, 'oci/layouts/slsa-verifier')
const connaisseur = join(shared, 'sigstore/cosign-legacy/connaisseur/securesystemsengineering/testimage')

const read = (...path: string[]): Buffer => readFileSync(join(...path))
const rootOf = (path: string) => parseTrustedRoot(read(bundles, path))
const publicGood = () => rootOf('sigstore-go/trusted-roots/public-good.json')

const github = 'https://token.actions.githubusercontent.com'
const sigstoreJs = 'https://github.com/sigstore/sigstore-js/.github/workflows/release.yml@refs/heads/main'
const oauth = 'https://github.com/login/oauth'

describe.skipIf(!hasData)(
  `bundles that others made${hasData ? '' : ' (skipped without ../shared/data)'}`,
  () => {
    /** Envelopes whose statements are about npm packages, by SHA-512. */
    const envelopes: readonly [string, CertificateIdentity][] = [
      ['sigstore-go/bundles/dsse.sigstore.json', { issuer: oauth, subject: 'brian@dehamer.com' }],
      [
        'sigstore-go/bundles/sigstore.js@2.0.0-provenance.sigstore.json',
        { issuer: github, subject: sigstoreJs },
      ],
      ['sigstore-go/examples/bundle-provenance.json', { issuer: github, subject: sigstoreJs }],
      ['cosign/oci-attestation.sigstore.json', { issuer: oauth, subject: 'cody@soyland.com' }],
      ...(hasData ? readdirSync(join(bundles, 'sigstore-js')) : [])
        .filter((name) => name.endsWith('.sigstore'))
        .map(
          (name) =>
            [`sigstore-js/${name}`, { issuer: oauth, subject: 'brian@dehamer.com' }] as [
              string,
              CertificateIdentity,
            ],
        ),
    ]
    it.each(envelopes)('%s verifies, for its signer only', (path, identity) => {
      const { material, content } = openBundle(read(bundles, path))
      if (content.kind !== 'envelope') return expect.unreachable()
      const signature = { ...material, signed: content }
      const judge = (identities: CertificateIdentity[]) =>
        verifySignature(signature, resolveTrust({ root: publicGood(), identities }))
      const { signer, times, logEntries } = judge([identity])
      expect(signer).toMatchObject({ kind: 'certificate', ...identity })
      expect([times.length, logEntries.length]).toEqual([1, 1])
      const other = { ...identity, subject: `${String(identity.subject)}x` }
      expect(() => judge([other])).toThrow(expect.objectContaining({ reason: 'identity-mismatch' }))
      if (path.startsWith('sigstore-js/'))
        expect(Buffer.from(content.payload).equals(read(bundles, 'sigstore-js/statement.json'))).toBe(true)
    })

    it('all nine of sigstore-js are among them', () => {
      expect(envelopes.filter(([path]) => path.startsWith('sigstore-js/'))).toHaveLength(9)
    })

    it('the attestation by cosign is about its image', () => {
      const digest: Digest = 'sha256:732112270d7e59418a8c080b134b24cabd67d250d0d0147a97ed95ba5c280aa4'
      const root = rootOf('cosign/trusted_root_pgi.json')
      const bundle = read(bundles, 'cosign/oci-attestation.sigstore.json')
      expect(verifyBundle(bundle, { digest }, { root })).toMatchObject({
        verified: true,
        statement: { predicateType: 'https://cosign.sigstore.dev/attestation/v1' },
      })
      expect(verifyBundle(bundle, { digest: digestOf('x') }, { root })).toMatchObject({
        reason: 'subject-mismatch',
      })
    })

    it('two signatures in one envelope are refused', () => {
      const bundle = read(bundles, 'sigstore-go/bundles/dsse-2sigs.sigstore.json')
      expect(verifyBundle(bundle, { bytes: Buffer.alloc(0) }, { root: publicGood() })).toMatchObject({
        reason: 'bundle-invalid',
      })
    })

    it('a name by Fulcio verifies, in a log with a name that is not its host', () => {
      const bundle = read(bundles, 'sigstore-go/bundles/othername.sigstore.json')
      const digest: Digest = 'sha256:bc103b4a84971ef6459b294a2b98568a2bfb72cded09d4acd1e16366a401f95b'
      const root = rootOf('sigstore-go/trusted-roots/scaffolding.json')
      const judge = (subject: string) =>
        verifyBundle(
          bundle,
          { digest },
          { root, identities: [{ issuer: 'http://oidc.local:8080', subject }] },
        )
      expect(judge('foo!oidc.local')).toMatchObject({ verified: true })
      expect(judge('foo!oidc.loca')).toMatchObject({ reason: 'identity-mismatch' })
      expect(verifyBundle(bundle, { digest }, { root: publicGood() })).toMatchObject({ verified: false })
    })

    it('a key counts when a timestamp puts its signature within its validity', () => {
      const bundle = read(bundles, 'sigstore-go/bundles/public-key-validity.sigstore.json')
      const { content } = openBundle(bundle)
      if (content.kind !== 'message') return expect.unreachable()
      const digest: Digest = `sha256:${Buffer.from(content.digest).toString('hex')}`
      const root = rootOf('sigstore-go/trusted-roots/public-key-validity.json')
      const pem = read(bundles, 'sigstore-go/public-keys/public-key-validity.pem').toString()
      const judge = (end: string) =>
        verifyBundle(
          bundle,
          { digest },
          { root, keys: [{ pem, validFor: { end: new Date(end) } }], thresholds: { time: 1 } },
        )
      expect(judge('2026-06-04T17:43:29Z')).toMatchObject({
        verified: true,
        times: [{ source: 'timestamp-authority' }],
      })
      expect(judge('2026-06-04T17:43:28Z')).toMatchObject({ reason: 'key-unknown' })
    })

    it("the root of GitHub's own instance is read", () => {
      const { logs, ctLogs, certificateAuthorities, timestampAuthorities } = rootOf(
        'kyverno/github-trusted-root.json',
      )
      expect(
        [logs, ctLogs, certificateAuthorities, timestampAuthorities].map(({ length }) => length),
      ).toEqual([0, 0, 5, 5])
    })

    it.each(['v1.4.0', 'v1.10.0', 'v2.1.0'])(
      'the provenance in the layout of slsa-github-generator %s verifies',
      (version) => {
        const layout = join(layouts, version, 'container_workflow_dispatch')
        const image = read(layouts, version, 'container_workflow_dispatch.digest').toString().trim() as Digest
        const blob = (digest: string) => read(layout, 'blobs', ...digest.split(':'))
        const index = JSON.parse(read(layout, 'index.json').toString()) as {
          manifests: (Descriptor & { annotations: Record<string, string> })[]
        }
        const attestations = index.manifests.filter(
          ({ annotations }) => annotations['kind'] === 'dev.cosignproject.cosign/atts',
        )
        const layers = attestations.flatMap(
          ({ digest }) => (JSON.parse(blob(digest).toString()) as ImageManifest).layers,
        )
        expect(layers).toHaveLength(1)
        const subject = `https://github.com/slsa-framework/slsa-github-generator/.github/workflows/generator_container_slsa3.yml@refs/tags/${version}`
        const judge = (about: Digest, identity: CertificateIdentity) =>
          verifyCandidate(
            candidateOf(layers[0]!, 'legacy-attestation'),
            blob(layers[0]!.digest),
            about,
            resolveTrust({ root: publicGood(), identities: [identity] }),
          )
        const evidence = judge(image, {
          issuer: github,
          subject,
          claims: { githubWorkflowRepository: 'slsa-framework/example-package' },
        })
        expect(evidence).toMatchObject({
          statement: { predicateType: 'https://slsa.dev/provenance/v0.2' },
          times: [{ source: 'log' }],
        })
        expect(() => judge(digestOf('x'), { issuer: github, subject })).toThrow(
          expect.objectContaining({ reason: 'subject-mismatch' }),
        )
        expect(() => judge(image, { issuer: github, subject: `${subject}1` })).toThrow(
          expect.objectContaining({ reason: 'identity-mismatch' }),
        )
        expect(() =>
          judge(image, { issuer: github, subject, claims: { githubWorkflowRepository: 'x' } }),
        ).toThrow(expect.objectContaining({ reason: 'identity-mismatch' }))
      },
    )

    it('the signature with a certificate of the Connaisseur project verifies', () => {
      const image: Digest = 'sha256:31dc72a13a0c34b40eb95419d2b2fd67320c856baf3b72da518023ee8d370aee'
      const { layers } = JSON.parse(
        read(connaisseur, 'manifests', `${image.replace(':', '-')}.sig.json`).toString(),
      ) as ImageManifest
      const payload = read(connaisseur, 'blobs', `${layers[0]!.digest.replace(':', '-')}.json`)
      const judge = (layer: Descriptor) =>
        verifyCandidate(
          candidateOf(layer, 'legacy-signature'),
          payload,
          image,
          resolveTrust({ root: publicGood() }),
        )
      expect(judge(layers[0]!)).toMatchObject({
        signer: { issuer: oauth, subject: 'philipp.belitz@securesystems.de' },
      })
      for (const [name, text] of Object.entries(layers[0]!.annotations ?? {})) {
        const annotations = {
          ...layers[0]!.annotations,
          [name]: text.replace(/[A-Za-z0-9+/]{4}(?=[A-Za-z0-9+/]{20})/, 'AAAA'),
        }
        if (annotations[name] !== text)
          expect(() => judge({ ...layers[0]!, annotations })).toThrow(
            expect.objectContaining({ reason: expect.any(String) }),
          )
      }
    })
  },
)

function candidateOf(
  blob: Descriptor,
  store: 'legacy-signature' | 'legacy-attestation',
): Parameters<typeof verifyCandidate>[0] {
  return { store, blob, manifest: digestOf('manifest'), position: 0, repository: undefined as never }
}
