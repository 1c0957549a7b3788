import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto'
import { digestOf } from '@sallyport/core'
import {
  type Bundle,
  createSigstore,
  type SignBundleOptions,
  type SignedBundle,
} from '@sallyport/testkit/sigstore'
import { describe, expect, it } from 'vitest'
import { combineTrustedRoots } from '../trust/combine-trusted-roots.ts'
import { parseTrustedRoot } from '../trust/trusted-root.ts'
import { type BundleVerdict, verifyBundle, type VerifyBundleOptions } from './verify-bundle.ts'

const time = Date.UTC(2026, 2, 3, 4, 5, 6, 120)
const minutes = (count: number): Date => new Date(time + count * 60_000)
const sigstore = createSigstore({ clock: () => time, operator: 'one' })
const stranger = createSigstore({ clock: () => time, hostname: 'other.test', operator: 'two' })
const root = parseTrustedRoot(JSON.stringify(sigstore.trustedRoot))
const bothRoots = combineTrustedRoots([root, parseTrustedRoot(JSON.stringify(stranger.trustedRoot))])
const file = Buffer.from('an artifact')
const statement = JSON.stringify({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ digest: { sha256: createHash('sha256').update(file).digest('hex') } }],
  predicateType: 'https://example.com/predicate/v1',
  predicate: {},
})
const identity = { issuer: 'https://oidc.sigstore.test', subject: 'developer@sigstore.test' }

function outcome(bundle: unknown, options: VerifyBundleOptions = { root }): string {
  const verdict = verdictOf(bundle, options)
  return verdict.verified ? 'verified' : verdict.reason
}

function verdictOf(bundle: unknown, options: VerifyBundleOptions = { root }): BundleVerdict {
  return verifyBundle(Buffer.from(JSON.stringify(bundle)), { bytes: file }, options)
}

/** A copy with other verification material. */
function withMaterial({ bundle }: SignedBundle, material: Partial<Bundle['verificationMaterial']>): Bundle {
  return { ...bundle, verificationMaterial: { ...bundle.verificationMaterial, ...material } }
}

/** A copy whose envelope names a key. */
const withKeyId = (bundle: Bundle, keyid: string): unknown => ({
  ...bundle,
  dsseEnvelope: {
    ...bundle.dsseEnvelope,
    signatures: bundle.dsseEnvelope!.signatures.map((each) => ({ ...each, keyid })),
  },
})

const timestamps = (...stamps: readonly Buffer[]): Partial<Bundle['verificationMaterial']> => ({
  timestampVerificationData: {
    rfc3161Timestamps: stamps.map((stamp) => ({ signedTimestamp: stamp.toString('base64') })),
  },
})
const sign = (options?: SignBundleOptions): SignedBundle => sigstore.sign({ payload: statement }, options)

describe('verifyBundle', () => {
  it('tells who signed, when, and where that was logged', () => {
    const { bundle } = sign({
      rekor: [1, 2],
      certificate: {
        identity: {
          issuer: 'https://token.example',
          subject: { uri: 'https://example.com/workflow@main' },
          extensions: {
            sourceRepositoryUri: 'https://example.com/räpo',
            githubWorkflowTrigger: 'push',
            tokenSubject: 'me',
          },
        },
      },
    })
    expect(verdictOf(bundle)).toMatchObject({
      verified: true,
      signer: {
        kind: 'certificate',
        issuer: 'https://token.example',
        subject: 'https://example.com/workflow@main',
        claims: {
          sourceRepositoryURI: 'https://example.com/räpo',
          githubWorkflowTrigger: 'push',
          tokenSubject: 'me',
        },
      },
      times: [
        { source: 'log', time: new Date(time - 120) },
        { source: 'timestamp-authority', time: new Date(time - 120) },
      ],
      logEntries: [
        { logId: sigstore.rekorV1.logId.toString('hex') },
        { logId: sigstore.rekorV2.logId.toString('hex') },
      ],
      statement: { predicateType: 'https://example.com/predicate/v1' },
    })
  })

  const keys = {
    'P-256': generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    'P-384': generateKeyPairSync('ec', { namedCurve: 'P-384' }),
    'P-521': generateKeyPairSync('ec', { namedCurve: 'P-521' }),
    RSA: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  }
  const forms = Object.entries(keys).flatMap(([name, pair]) =>
    (['certificate', 'key'] as const).map((kind) => [name, kind, pair] as const),
  )
  it.each(forms)('verifies envelopes and messages by %s with a %s', (_, kind, { privateKey, publicKey }) => {
    const options: SignBundleOptions = {
      key: privateKey,
      rekor: [1, 2],
      ...(kind === 'key' ? { certificate: 'none' } : {}),
    }
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    for (const content of [{ payload: statement }, { file }]) {
      const { bundle } = sigstore.sign(content, options)
      expect(outcome(bundle, { root, keys: kind === 'key' ? [pem] : [] })).toBe('verified')
    }
  })

  it('verifies a user name of Fulcio', () => {
    const subject = { username: 'foo!oidc.local' }
    const { bundle } = sign({ certificate: { identity: { subject, issuer: identity.issuer } } })
    const identities = [{ issuer: identity.issuer, subject: 'foo!oidc.local' }]
    expect(outcome(bundle, { root, identities })).toBe('verified')
  })

  const good = sign()
  const identities: readonly [string, string, object][] = [
    ['counts the exact identity', 'verified', identity],
    ['takes no pattern for a text', 'identity-mismatch', { ...identity, subject: '.*' }],
    ['takes no part for the whole', 'identity-mismatch', { ...identity, subject: 'developer' }],
    ['takes no other issuer', 'identity-mismatch', { ...identity, issuer: 'https://oidc.sigstore.tes' }],
    [
      'matches a pattern',
      'verified',
      { ...identity, subject: { pattern: String.raw`[a-z]+@sigstore\.test` } },
    ],
    ['anchors a pattern', 'identity-mismatch', { ...identity, subject: { pattern: 'developer|x' } }],
    [
      'wants the claims asked for',
      'identity-mismatch',
      { ...identity, claims: { buildTrigger: { pattern: '.*' } } },
    ],
    [
      'does not look for claims in prototypes',
      'identity-mismatch',
      { ...identity, claims: { constructor: { pattern: '(?s).*' } } },
    ],
  ]
  it.each(identities)('%s: %s', (_, expected, wanted) => {
    expect(outcome(good.bundle, { root, identities: [wanted as never] })).toBe(expected)
  })

  it('takes an empty list of identities for nobody', () => {
    expect(outcome(good.bundle, { root, identities: [] })).toBe('identity-mismatch')
  })

  it('takes no quadratic time for a pattern', () => {
    const subject = { pattern: '(a+)+$' }
    const { bundle } = sign({
      certificate: { identity: { subject: { email: `${'a'.repeat(5000)}!@x` }, issuer: 'i' } },
    })
    expect(outcome(bundle, { root, identities: [{ issuer: 'i', subject }] })).toBe('identity-mismatch')
  })

  const otherKey = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const logged = (
    verifier: Parameters<typeof sigstore.logEntry>[1]['verifier'],
    version: 1 | 2,
    by = sigstore,
  ): Bundle => {
    const signed = sign({ rekor: [] })
    return withMaterial(signed, {
      tlogEntries: [by.logEntry(version, { envelope: signed.bundle.dsseEnvelope!, verifier })],
    })
  }
  const otherCertificate = sigstore.certify(otherKey.publicKey, {
    identity: { subject: { email: 'developer@sigstore.test' }, issuer: identity.issuer },
  }).certificate
  const loggedByKey = (version: 1 | 2): Bundle => {
    const signed = sign({ rekor: [] })
    const verifier = createPublicKey(signed.key)
    return withMaterial(signed, {
      tlogEntries: [sigstore.logEntry(version, { envelope: signed.bundle.dsseEnvelope!, verifier })],
    })
  }
  const withEntry = (part: object): Bundle => {
    const { tlogEntries } = good.bundle.verificationMaterial
    return withMaterial(good, { tlogEntries: tlogEntries.map((each) => ({ ...each, ...part })) })
  }
  const refused: readonly [string, string, () => unknown, VerifyBundleOptions?][] = [
    ['a log entry of Rekor v1 with another key', 'log-invalid', () => logged(otherKey.publicKey, 1)],
    ['a log entry of Rekor v2 with another key', 'log-invalid', () => logged(otherKey.publicKey, 2)],
    ['a log entry of Rekor v1 with another certificate', 'log-invalid', () => logged(otherCertificate, 1)],
    ['a log entry of Rekor v2 with another certificate', 'log-invalid', () => logged(otherCertificate, 2)],
    ...([1, 2] as const).map((version): [string, string, () => unknown] => [
      `a log entry of Rekor v${version} with the key alone, which hides whom the certificate names`,
      'log-invalid',
      () => loggedByKey(version),
    ]),
    [
      'a log entry of another signature',
      'log-invalid',
      () => withMaterial(good, { tlogEntries: sign().bundle.verificationMaterial.tlogEntries }),
    ],
    ['no log entry', 'log-invalid', () => sign({ rekor: [] }).bundle],
    ['a time in an entry of Rekor v2', 'log-invalid', () => withEntry({ integratedTime: '1772510706' })],
    ['another index beside the proof of Rekor v2', 'log-invalid', () => withEntry({ logIndex: '77' })],
    [
      'a promise in an entry of Rekor v2',
      'log-invalid',
      () => withEntry({ integratedTime: '1772510706', inclusionPromise: { signedEntryTimestamp: 'AAAA' } }),
    ],
    ['an index that no arithmetic holds', 'log-invalid', () => withEntry({ logIndex: '9007199254740993' })],
    [
      'an index in another spelling',
      'log-invalid',
      () => {
        const signed = sign({ rekor: [1] })
        const [entry] = signed.bundle.verificationMaterial.tlogEntries
        return withMaterial(signed, { tlogEntries: [{ ...entry!, logIndex: `0${entry!.logIndex}` }] })
      },
    ],
    ['a certificate with nothing that dates it', 'timestamp-invalid', () => sign({ timestamps: [] }).bundle],
    [
      'the same with thresholds of 0',
      'timestamp-invalid',
      () => sign({ timestamps: [], rekor: [] }).bundle,
      { root, thresholds: { log: 0, time: 0 } },
    ],
    ['an expired certificate', 'certificate-invalid', () => sign({ timestamps: [minutes(11)] }).bundle],
    [
      'a certificate that is not valid yet',
      'certificate-invalid',
      () => sign({ timestamps: [minutes(-1)] }).bundle,
    ],
    [
      'one good and one bad time',
      'certificate-invalid',
      () => sign({ timestamps: ['now', minutes(11)] }).bundle,
    ],
    [
      'a certificate without a certificate timestamp',
      'certificate-invalid',
      () => sign({ certificate: { ctLogs: [] } }).bundle,
    ],
    [
      'a certificate timestamp by an unknown log',
      'certificate-invalid',
      () => sign({ certificate: { ctLogs: [stranger.ctLog] } }).bundle,
    ],
    [
      'a timestamp of another signature',
      'timestamp-invalid',
      () => withMaterial(good, timestamps(sigstore.timestamp(Buffer.from('x')))),
    ],
    [
      'a timestamp by an unknown authority',
      'timestamp-invalid',
      () => withMaterial(good, timestamps(stranger.timestamp(good.signature))),
    ],
    [
      'a good timestamp and one by an unknown authority',
      'timestamp-invalid',
      () =>
        withMaterial(
          good,
          timestamps(sigstore.timestamp(good.signature), stranger.timestamp(good.signature)),
        ),
    ],
    ['a timestamp that is none', 'timestamp-invalid', () => withMaterial(good, timestamps(Buffer.from('x')))],
    [
      'a certificate by an unknown authority',
      'certificate-invalid',
      () => {
        const key = generateKeyPairSync('ec', { namedCurve: 'P-256' })
        const { certificate } = stranger.certify(key.publicKey, {
          identity: { subject: { email: 'developer@sigstore.test' }, issuer: identity.issuer },
        })
        const signed = sigstore.sign({ payload: statement }, { key: key.privateKey, rekor: [] })
        return withMaterial(signed, {
          certificate: { rawBytes: certificate.toString('base64') },
          tlogEntries: [
            sigstore.logEntry(2, { envelope: signed.bundle.dsseEnvelope!, verifier: certificate }),
          ],
        })
      },
    ],
    [
      'a log that is not in the root',
      'log-invalid',
      () => {
        const signed = sign({ rekor: [] })
        return withMaterial(signed, {
          tlogEntries: [
            stranger.logEntry(2, { envelope: signed.bundle.dsseEnvelope!, verifier: signed.certificate! }),
          ],
        })
      },
    ],
    [
      'two operators asked for, one there',
      'log-invalid',
      () => sign({ rekor: [1, 2] }).bundle,
      { root, thresholds: { log: 2 } },
    ],
    [
      'two clocks asked for, of one operator',
      'timestamp-invalid',
      () => sign({ rekor: [1, 2] }).bundle,
      { root, thresholds: { time: 2 } },
    ],
    ['a certificate without a root', 'key-unknown', () => good.bundle, { keys: [] }],
    [
      'an unknown kind of log entry',
      'log-invalid',
      () =>
        withMaterial(good, {
          tlogEntries: good.bundle.verificationMaterial.tlogEntries.map((entry) => ({
            ...entry,
            kindVersion: { kind: 'toString', version: '0.0.1' },
          })),
        }),
    ],
    ['an unknown field', 'bundle-invalid', () => ({ ...good.bundle, note: 'x' })],
    ['an unknown field with nothing in it', 'bundle-invalid', () => ({ ...good.bundle, note: '' })],
    [
      'a certificate where an older version has a chain',
      'bundle-invalid',
      () => ({ ...good.bundle, mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.2' }),
    ],
    ['a key named beside a certificate', 'bundle-invalid', () => withKeyId(good.bundle, 'x')],
    [
      'a version of the future',
      'bundle-invalid',
      () => ({ ...good.bundle, mediaType: 'application/vnd.dev.sigstore.bundle.v0.4+json' }),
    ],
    [
      'two signatures',
      'bundle-invalid',
      () => ({
        ...good.bundle,
        dsseEnvelope: {
          ...good.bundle.dsseEnvelope,
          signatures: [...good.bundle.dsseEnvelope!.signatures, ...good.bundle.dsseEnvelope!.signatures],
        },
      }),
    ],
    [
      'another payload type',
      'statement-invalid',
      () => sigstore.sign({ payload: statement, payloadType: 'text/plain' }).bundle,
    ],
    ['a payload that is no statement', 'statement-invalid', () => sigstore.sign({ payload: '{}' }).bundle],
    [
      'a statement with a key twice',
      'statement-invalid',
      () => sigstore.sign({ payload: statement.replace('{', '{"_type":"x",') }).bundle,
    ],
    [
      'a statement about something else',
      'subject-mismatch',
      () => sigstore.sign({ payload: statement.replace(/[0-9a-f]{64}/, 'a'.repeat(64)) }).bundle,
    ],
    [
      'a message signature of something else',
      'subject-mismatch',
      () => sigstore.sign({ file: 'something else' }).bundle,
    ],
  ]
  it.each(refused)('refuses %s: %s', (_, reason, make, options) => {
    expect(outcome(make(), options)).toBe(reason)
  })

  it('takes a chain of certificates that the root knows, and no other', () => {
    const { bundle, certificate } = good
    const withChain = (chain: readonly Uint8Array[]): unknown => ({
      ...bundle,
      mediaType: 'application/vnd.dev.sigstore.bundle+json;version=0.2',
      verificationMaterial: {
        ...bundle.verificationMaterial,
        certificate: undefined,
        x509CertificateChain: {
          certificates: [certificate!, ...chain].map((each) => ({
            rawBytes: Buffer.from(each).toString('base64'),
          })),
        },
      },
    })
    const { chain } = sigstore.certificateAuthority
    expect(outcome(withChain([]))).toBe('verified')
    expect(outcome(withChain(chain))).toBe('verified')
    expect(outcome(withChain([...chain, stranger.certificateAuthority.chain[1]!]))).toBe(
      'certificate-invalid',
    )
    expect(outcome(withChain([certificate!]))).toBe('certificate-invalid')
  })

  it.each([
    ['root hash', { rootHash: Buffer.alloc(32).toString('base64') }],
    ['size', { treeSize: '77' }],
  ])('refuses a proof that names another %s than its checkpoint', (_, part) => {
    const [entry] = good.bundle.verificationMaterial.tlogEntries
    const inclusionProof = { ...entry!.inclusionProof!, ...part }
    expect(outcome(withMaterial(good, { tlogEntries: [{ ...entry!, inclusionProof }] }))).toBe('log-invalid')
  })

  it('counts each operator once, in several instances', () => {
    const signed = sign({ rekor: [1] })
    const { tlogEntries } = signed.bundle.verificationMaterial
    const entry = stranger.logEntry(2, {
      envelope: signed.bundle.dsseEnvelope!,
      verifier: signed.certificate!,
    })
    const bundle = withMaterial(signed, {
      tlogEntries: [...tlogEntries, entry],
      ...timestamps(sigstore.timestamp(signed.signature), stranger.timestamp(signed.signature)),
    })
    expect(outcome(bundle, { root: bothRoots, thresholds: { log: 2, time: 2 } })).toBe('verified')
    expect(outcome(bundle, { root: bothRoots, thresholds: { log: 3 } })).toBe('log-invalid')
    expect(outcome(bundle, { root: bothRoots, thresholds: { time: 3 } })).toBe('timestamp-invalid')
    expect(outcome(bundle, { root: bothRoots, thresholds: { ctLog: 2 } })).toBe('certificate-invalid')
  })

  it('counts what two roots name differently once', () => {
    const renamed = JSON.stringify(sigstore.trustedRoot).replaceAll('"operator":"one"', '"operator":"alias"')
    for (const roots of [
      [root, parseTrustedRoot(renamed)],
      [parseTrustedRoot(renamed), root],
    ]) {
      const both = combineTrustedRoots(roots)
      expect(outcome(good.bundle, { root: both })).toBe('verified')
      expect(outcome(good.bundle, { root: both, thresholds: { log: 2 } })).toBe('log-invalid')
      expect(outcome(good.bundle, { root: both, thresholds: { time: 2 } })).toBe('timestamp-invalid')
      expect(outcome(good.bundle, { root: both, thresholds: { ctLog: 2 } })).toBe('certificate-invalid')
    }
  })

  it('believes a log as long as one of two roots does', () => {
    const ended = JSON.stringify({
      ...sigstore.trustedRoot,
      tlogs: sigstore.trustedRoot.tlogs.map((log) => ({
        ...log,
        publicKey: {
          ...log.publicKey,
          validFor: { ...log.publicKey.validFor, end: minutes(-1).toISOString() },
        },
      })),
    })
    expect(outcome(good.bundle, { root: parseTrustedRoot(ended) })).toBe('log-invalid')
    for (const roots of [
      [root, parseTrustedRoot(ended)],
      [parseTrustedRoot(ended), root],
    ])
      expect(outcome(good.bundle, { root: combineTrustedRoots(roots) })).toBe('verified')
  })

  it.each([0, 1, 9, 12, 99, 120, 999])('reads a timestamp with %i ms', (ms) => {
    const moment = new Date(Math.floor(time / 1000) * 1000 + 60_000 + ms)
    const verdict = verdictOf(sign({ timestamps: [moment] }).bundle)
    expect(verdict).toMatchObject({ verified: true, times: [{ time: moment }] })
  })

  it('accepts checkpoints by a name that is not the host of the log, for it is the one that is signed', () => {
    const renamed = {
      ...sigstore.trustedRoot,
      tlogs: sigstore.trustedRoot.tlogs.map((log) => ({ ...log, baseUrl: 'http://10.0.0.1' })),
    }
    expect(outcome(good.bundle, { root: parseTrustedRoot(JSON.stringify(renamed)) })).toBe('verified')
  })

  it('judges logs by their validity at the time of the signature', () => {
    const ended = (end: Date): VerifyBundleOptions => ({
      root: parseTrustedRoot(
        JSON.stringify({
          ...sigstore.trustedRoot,
          tlogs: sigstore.trustedRoot.tlogs.map((log) => ({
            ...log,
            publicKey: { ...log.publicKey, validFor: { ...log.publicKey.validFor, end: end.toISOString() } },
          })),
        }),
      ),
    })
    expect(outcome(good.bundle, ended(new Date(time - 120)))).toBe('verified')
    expect(outcome(good.bundle, ended(new Date(time - 121)))).toBe('log-invalid')
    const twice = sign({ timestamps: ['now', minutes(5)] })
    expect(outcome(twice.bundle, ended(minutes(5)))).toBe('verified')
    expect(outcome(twice.bundle, ended(minutes(4)))).toBe('log-invalid')
  })

  it('counts logs of certificates once for each operator', () => {
    const { bundle } = sign({ certificate: { ctLogs: [sigstore.ctLog, stranger.ctLog] } })
    const rootWith = (operator: string) =>
      parseTrustedRoot(
        JSON.stringify({
          ...sigstore.trustedRoot,
          ctlogs: [
            ...sigstore.trustedRoot.ctlogs,
            ...stranger.trustedRoot.ctlogs.map((log) => ({ ...log, operator })),
          ],
        }),
      )
    const thresholds = { ctLog: 2 }
    expect(outcome(bundle, { root: rootWith('two'), thresholds })).toBe('verified')
    expect(outcome(bundle, { root: rootWith('one'), thresholds })).toBe('certificate-invalid')
  })

  describe('with a key', () => {
    const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const pem = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
    const plain = sign({ key: pair.privateKey, certificate: 'none', rekor: [], timestamps: [] })
    const witnessed = sign({ key: pair.privateKey, certificate: 'none' })
    const twice = sign({ key: pair.privateKey, certificate: 'none', timestamps: ['now', minutes(5)] })
    const logged = sign({ key: pair.privateKey, certificate: 'none', rekor: [1], timestamps: [] })
    // Its proof of inclusion says nothing of its time.
    const unpromised = { ...logged.bundle.verificationMaterial.tlogEntries[0]!, inclusionPromise: undefined }
    const judged: readonly [string, string, unknown, VerifyBundleOptions][] = [
      ['needs nothing else', 'verified', plain.bundle, { keys: [pem] }],
      ['needs nothing else with a root', 'verified', plain.bundle, { root, keys: [pem] }],
      [
        'needs what is asked for, without a root',
        'log-invalid',
        witnessed.bundle,
        { keys: [pem], thresholds: { log: 1 } },
      ],
      [
        'needs a time if asked for, without a root',
        'timestamp-invalid',
        witnessed.bundle,
        { keys: [pem], thresholds: { time: 1 } },
      ],
      ['needs what is asked for', 'log-invalid', plain.bundle, { root, keys: [pem], thresholds: { log: 1 } }],
      [
        'counts what is asked for',
        'verified',
        witnessed.bundle,
        { root, keys: [pem], thresholds: { log: 1, time: 1 } },
      ],
      [
        'leaves out what others confirm',
        'verified',
        witnessed.bundle,
        { root: parseTrustedRoot(JSON.stringify(stranger.trustedRoot)), keys: [pem] },
      ],
      [
        'does not count what others confirm',
        'log-invalid',
        witnessed.bundle,
        { root: parseTrustedRoot(JSON.stringify(stranger.trustedRoot)), keys: [pem], thresholds: { log: 1 } },
      ],
      [
        'does not count after its end',
        'key-unknown',
        plain.bundle,
        { keys: [{ pem, validFor: { end: new Date(time) } }], now: () => new Date(time + 1) },
      ],
      [
        'counts until its end',
        'verified',
        plain.bundle,
        { keys: [{ pem, validFor: { end: new Date(time) } }], now: () => new Date(time) },
      ],
      [
        'counts when it was used before its end',
        'verified',
        witnessed.bundle,
        { root, keys: [{ pem, validFor: { end: new Date(time) } }], now: () => new Date(time + 1) },
      ],
      [
        'does not count before its start',
        'key-unknown',
        witnessed.bundle,
        { root, keys: [{ pem, validFor: { start: new Date(time + 1) } }] },
      ],
      [
        'does not count when one of its times is after its end',
        'key-unknown',
        twice.bundle,
        { root, keys: [{ pem, validFor: { end: minutes(1) } }], now: () => new Date(time) },
      ],
      [
        'takes no time from a log that has not signed it',
        'key-unknown',
        withMaterial(logged, { tlogEntries: [unpromised] }),
        { root, keys: [{ pem, validFor: { end: minutes(1) } }], now: () => minutes(2) },
      ],
      [
        'takes the time that a log has signed',
        'verified',
        logged.bundle,
        { root, keys: [{ pem, validFor: { end: minutes(1) } }], now: () => minutes(2) },
      ],
      [
        'counts no clock that is none',
        'timestamp-invalid',
        withMaterial(logged, { tlogEntries: [unpromised] }),
        { root, keys: [pem], thresholds: { log: 1, time: 1 } },
      ],
      [
        'does not count in another algorithm',
        'signature-invalid',
        plain.bundle,
        { keys: [{ pem, algorithm: 'ed25519' }] },
      ],
    ]
    it.each(judged)('%s: %s', (_, expected, bundle, options) => {
      expect(outcome(bundle, options)).toBe(expected)
    })

    it.each([1, 2] as const)(
      'takes a certificate for the name of its key in a log of Rekor v%i, and no certificate of another',
      (version) => {
        const withCertificate = (certificate: Buffer): Bundle =>
          withMaterial(plain, {
            publicKey: undefined,
            certificate: { rawBytes: certificate.toString('base64') },
            tlogEntries: [
              sigstore.logEntry(version, { envelope: plain.bundle.dsseEnvelope!, verifier: certificate }),
            ],
          })
        const own = sigstore.certify(pair.publicKey, {
          identity: { subject: { email: 'somebody@sigstore.test' }, issuer: identity.issuer },
        }).certificate
        const options = { root, keys: [pem], thresholds: { log: 1 } }
        expect(outcome(withCertificate(own), options)).toBe('verified')
        expect(outcome(withCertificate(otherCertificate), options)).toBe('log-invalid')
        // Where nobody asks for a log, it takes nothing from the signature.
        const alone = withMaterial(plain, {
          publicKey: undefined,
          certificate: { rawBytes: otherCertificate.toString('base64') },
        })
        expect(outcome(alone, { root, keys: [pem] })).toBe('verified')
      },
    )

    it('knows a key by the name that its owner gives it, and by no other', () => {
      const named = withMaterial(plain, { publicKey: { hint: 'SHA256:its-name' } })
      expect(outcome(named, { keys: [pem] })).toBe('key-unknown')
      expect(outcome(named, { keys: [{ pem, hint: 'SHA256:its-name' }] })).toBe('verified')
      const { hint } = plain.bundle.verificationMaterial.publicKey!
      for (const part of [hint.slice(0, 20), hint.slice(0, -1), hint.toLowerCase(), ' '])
        expect(outcome(withMaterial(plain, { publicKey: { hint: part } }), { keys: [pem] })).toBe(
          'key-unknown',
        )
      expect(outcome(withKeyId(plain.bundle, hint), { keys: [pem] })).toBe('verified')
      expect(outcome(withKeyId(plain.bundle, 'x'), { keys: [pem] })).toBe('bundle-invalid')
    })
  })

  it('verifies a message by its digest as by its bytes', () => {
    for (const { privateKey } of Object.values(keys)) {
      const bytes = Buffer.from(JSON.stringify(sigstore.sign({ file }, { key: privateKey }).bundle))
      const algorithm = bytes.includes('SHA2_512')
        ? 'sha512'
        : bytes.includes('SHA2_384')
          ? undefined
          : 'sha256'
      // A digest of SHA-384 is none by which artifacts are named here.
      if (algorithm === undefined) continue
      expect(verifyBundle(bytes, { digest: digestOf(file, algorithm) }, { root })).toMatchObject({
        verified: true,
      })
      expect(verifyBundle(bytes, { digest: digestOf('x', algorithm) }, { root })).toMatchObject({
        reason: 'subject-mismatch',
      })
    }
  })

  it('refuses nesting and size beyond its limits', () => {
    const verdict = (text: string) => verifyBundle(Buffer.from(text), { bytes: file }, { root })
    expect(verdict('['.repeat(100_000))).toMatchObject({ verified: false, reason: 'bundle-invalid' })
    expect(verdict(`${'['.repeat(10_000)}${']'.repeat(10_000)}`)).toMatchObject({ reason: 'bundle-invalid' })
    expect(verdict(' '.repeat(33 * 1024 * 1024))).toMatchObject({ reason: 'limit-exceeded' })
    expect(verdict(`${JSON.stringify(good.bundle)}{}`)).toMatchObject({ reason: 'bundle-invalid' })
    const entries = good.bundle.verificationMaterial.tlogEntries
    expect(outcome(withMaterial(good, { tlogEntries: Array.from({ length: 33 }, () => entries[0]!) }))).toBe(
      'limit-exceeded',
    )
    expect(outcome(withMaterial(good, { tlogEntries: [...entries, ...entries] }))).toBe('log-invalid')
  })
})
