import { createHash, createPublicKey, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { bundleFromJSON } from '@sigstore/bundle'
import { TrustedRoot as ParsedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier, type VerifierOptions } from '@sigstore/verify'
import { describe, expect, it } from 'vitest'
import { createSigstore } from './create-sigstore.ts'
import { preAuthEncoding } from './dsse-envelope.ts'
import { spkiOf } from './keys/signing-key.ts'
import type { Bundle, SignBundleOptions, SignedBundle } from './sign-bundle.ts'
import { joinTrustedRoots, type TrustedRoot } from './trust/trusted-root.ts'

const signedAt = Date.UTC(2026, 2, 3, 4, 5, 6, 780)
const clock = () => signedAt
// Whole seconds: the library refuses times of one or two decimals.
const minutesLater = (minutes: number) => new Date(Math.floor(signedAt / 1000) * 1000 + minutes * 60_000)
const statement = JSON.stringify({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [],
  predicateType: 'x',
})

function verify(
  { bundle, key }: Pick<SignedBundle, 'bundle' | 'key'>,
  trustedRoot: TrustedRoot,
  { file, ...options }: VerifierOptions & { readonly file?: string } = {},
): unknown {
  const hint = bundle.verificationMaterial.publicKey?.hint
  const keys = hint === undefined ? {} : { [hint]: { rawBytes: spkiOf(key) } }
  const material = toTrustMaterial(ParsedRoot.fromJSON(trustedRoot), keys as never)
  const artifact = file === undefined ? undefined : Buffer.from(file)
  return new Verifier(material, options).verify(toSignedEntity(bundleFromJSON(bundle), artifact))
}

const codeOf = (run: () => unknown): unknown => {
  try {
    run()
    return 'verified'
  } catch (error) {
    return (error as { readonly code?: unknown }).code ?? error
  }
}

describe('createSigstore', () => {
  const ways: readonly [string, SignBundleOptions, VerifierOptions?][] = [
    ['a certificate, Rekor v2 and a timestamp', {}],
    ['a certificate and Rekor v1', { rekor: [1], timestamps: [] }],
    ['the kind intoto of Rekor v1', { rekor: [1], rekorKind: 'intoto', timestamps: [] }],
    ['both logs', { rekor: [1, 2] }, { tlogThreshold: 2 }],
    ['two timestamps', { timestamps: ['now', minutesLater(1)] }, { timestampThreshold: 2 }],
    ['a public key and Rekor v2', { certificate: 'none' }],
    [
      'a public key alone',
      { certificate: 'none', rekor: [], timestamps: [] },
      { tlogThreshold: 0, timestampThreshold: 0 },
    ],
    ['an RSA key', { key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey }],
  ]
  it.each(ways)('signs an envelope with %s so that it verifies', (_, options, thresholds) => {
    const { sign, trustedRoot } = createSigstore({ clock })
    expect(codeOf(() => verify(sign({ payload: statement }, options), trustedRoot, thresholds))).toBe(
      'verified',
    )
  })

  it.each([[[1]], [[2]], [[1, 2]]] as const)(
    'signs a file so that it verifies, logged in Rekor %j',
    (rekor) => {
      const { sign, trustedRoot } = createSigstore({ clock })
      const signed = sign({ file: 'content' }, { rekor })
      expect(codeOf(() => verify(signed, trustedRoot, { file: 'content' }))).toBe('verified')
      expect(codeOf(() => verify(signed, trustedRoot, { file: 'other' }))).not.toBe('verified')
    },
  )

  it('proves what is logged in a tree that has grown, and in the tree of then', () => {
    const { sign, rekorV1, rekorV2, trustedRoot } = createSigstore({ clock })
    const signed = Array.from({ length: 11 }, () => sign({ payload: statement }, { rekor: [1, 2] }))
    for (const [index, { bundle, key }] of signed.entries()) {
      for (const treeSize of [index + 1, 11]) {
        const tlogEntries = [rekorV1, rekorV2].map((log) => log.entry(index, { treeSize })!)
        const later: Bundle = {
          ...bundle,
          verificationMaterial: { ...bundle.verificationMaterial, tlogEntries },
        }
        expect(codeOf(() => verify({ bundle: later, key }, trustedRoot, { tlogThreshold: 2 }))).toBe(
          'verified',
        )
      }
    }
  })

  const stranger = createSigstore({ clock })
  const wrong: readonly [string, string, SignBundleOptions][] = [
    [
      'a certificate that had expired',
      'CERTIFICATE_ERROR',
      { certificate: { notBefore: minutesLater(-20) } },
    ],
    [
      'a certificate that is not yet valid',
      'CERTIFICATE_ERROR',
      { certificate: { notBefore: minutesLater(5) } },
    ],
    ['a time before the certificate', 'CERTIFICATE_ERROR', { timestamps: [minutesLater(-1)] }],
    ['a certificate without a log', 'CERTIFICATE_ERROR', { certificate: { ctLogs: [] } }],
    [
      'a certificate that another log saw',
      'CERTIFICATE_ERROR',
      { certificate: { ctLogs: [stranger.ctLog] } },
    ],
    ['no timestamp', 'TIMESTAMP_ERROR', { timestamps: [] }],
    ['no log entry', 'TLOG_ERROR', { rekor: [] }],
  ]
  it.each(wrong)('makes a bundle with %s, which is refused with %s', (_, code, options) => {
    const { sign, trustedRoot } = createSigstore({ clock })
    expect(codeOf(() => verify(sign({ payload: statement }, options), trustedRoot))).toBe(code)
  })

  it('vouches with a timestamp certificate that has expired, which is refused', () => {
    const expired = { notBefore: minutesLater(-120), notAfter: minutesLater(-60) }
    const { sign, trustedRoot } = createSigstore({ clock, timestampCertificateValidity: expired })
    expect(codeOf(() => verify(sign({ payload: statement }), trustedRoot))).toBe('TIMESTAMP_ERROR')
  })

  it('is trusted by none but its own root, or one that is joined of several', () => {
    const [first, second] = [createSigstore({ clock }), createSigstore({ clock, hostname: 'other.test' })]
    const signed = first.sign({ payload: statement })
    expect(codeOf(() => verify(signed, second.trustedRoot))).not.toBe('verified')
    const both = joinTrustedRoots(second.trustedRoot, first.trustedRoot)
    expect(codeOf(() => verify(signed, both))).toBe('verified')
    expect(both.tlogs.map(({ operator }) => operator)).toContain('other.test')
  })

  it('logs an entry with another key, of which the proof is right', () => {
    const sigstore = createSigstore({ clock })
    const { bundle, key, signature } = sigstore.sign({ payload: statement }, { rekor: [] })
    const digest = createHash('sha256').update(
      preAuthEncoding('application/vnd.in-toto+json', Buffer.from(statement)),
    )
    const { publicKey: verifier } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const entry = sigstore.logEntry(2, { digest: digest.digest(), signature, verifier })
    const { verificationMaterial } = bundle
    const other: Bundle = {
      ...bundle,
      verificationMaterial: { ...verificationMaterial, tlogEntries: [entry] },
    }
    // The library does not compare the keys; who verifies has to.
    expect(codeOf(() => verify({ bundle: other, key }, sigstore.trustedRoot))).toBe('verified')
    const body = JSON.parse(Buffer.from(entry.canonicalizedBody, 'base64').toString()) as {
      readonly spec: { readonly hashedRekordV002: { readonly signature: { readonly verifier: unknown } } }
    }
    expect(body.spec.hashedRekordV002.signature.verifier).toEqual({
      keyDetails: 'PKIX_ECDSA_P256_SHA_256',
      publicKey: { rawBytes: spkiOf(verifier).toString('base64') },
    })
  })

  it.each([1, 2] as const)(
    'signs a checkpoint of Rekor v%i under another name, which is refused',
    (version) => {
      const sigstore = createSigstore({ clock })
      const { bundle, key } = sigstore.sign({ payload: statement }, { rekor: [version] })
      const log = version === 1 ? sigstore.rekorV1 : sigstore.rekorV2
      const tlogEntries = [log.entry(0, { origin: 'elsewhere.test' })!]
      const renamed: Bundle = {
        ...bundle,
        verificationMaterial: { ...bundle.verificationMaterial, tlogEntries },
      }
      expect(codeOf(() => verify({ bundle: renamed, key }, sigstore.trustedRoot))).toBe(
        'TLOG_INCLUSION_PROOF_ERROR',
      )
    },
  )

  it('keeps the milliseconds of a time that is asked for, and none of the clock', () => {
    const { timestamp } = createSigstore({ clock })
    const timeOf = (der: Buffer) => /2026\d{10}[.\d]*Z/.exec(der.toString('latin1'))?.[0]
    expect(timeOf(timestamp(Buffer.from('x')))).toBe('20260303040506Z')
    expect(timeOf(timestamp(Buffer.from('x'), { time: new Date(signedAt) }))).toBe('20260303040506.78Z')
  })

  it('certifies a chosen identity, with everything that is known of a workflow', () => {
    const { certify } = createSigstore({ clock })
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const uri = 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main'
    const { certificate, chain } = certify(publicKey, {
      identity: {
        subject: { uri },
        issuer: 'https://issuer.test',
        extensions: { sourceRepositoryRef: 'refs/heads/main' },
      },
      notBefore: minutesLater(-1),
    })
    const [leaf, issuing, root] = [certificate, ...chain].map((der) => new X509Certificate(der))
    expect(leaf!.subjectAltName).toBe(`URI:${uri}`)
    expect(leaf!.verify(issuing!.publicKey) && issuing!.verify(root!.publicKey)).toBe(true)
    expect(
      leaf!.publicKey.equals(createPublicKey({ key: spkiOf(publicKey), format: 'der', type: 'spki' })),
    ).toBe(true)
    expect(leaf!.validFromDate).toEqual(minutesLater(-1))
  })
})
