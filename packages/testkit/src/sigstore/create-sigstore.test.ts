import { generateKeyPairSync } from 'node:crypto'
import { bundleFromJSON } from '@sigstore/bundle'
import { TrustedRoot } from '@sigstore/protobuf-specs'
import { toSignedEntity, toTrustMaterial, Verifier, type VerifierOptions } from '@sigstore/verify'
import { describe, expect, it } from 'vitest'
import { createSigstore, type Sigstore } from './create-sigstore.ts'
import { spkiOf } from './keys/signing-key.ts'
import type { SignBundleOptions, SignedBundle } from './sign-bundle.ts'

const clock = () => Date.UTC(2026, 2, 3, 4, 5, 6, 780)
const statement = JSON.stringify({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [],
  predicateType: 'x',
})

interface VerifyOptions extends VerifierOptions {
  readonly sigstore: Sigstore
  readonly file?: string | undefined
}

function verify({ bundle, key }: SignedBundle, { sigstore, file, ...options }: VerifyOptions): unknown {
  const hint = bundle.verificationMaterial.publicKey?.hint
  const keys = hint === undefined ? {} : { [hint]: { rawBytes: spkiOf(key) } }
  const material = toTrustMaterial(TrustedRoot.fromJSON(sigstore.trustedRoot), keys as never)
  return new Verifier(material, options).verify(
    toSignedEntity(bundleFromJSON(bundle), file === undefined ? undefined : Buffer.from(file)),
  )
}

describe('createSigstore', () => {
  const ways: readonly [string, SignBundleOptions, VerifierOptions?][] = [
    ['a certificate, Rekor v2 and a timestamp', {}],
    ['a certificate and Rekor v1', { rekor: [1], timestamps: [] }],
    ['the kind intoto of Rekor v1', { rekor: [1], rekorKind: 'intoto', timestamps: [] }],
    ['both logs', { rekor: [1, 2] }, { tlogThreshold: 2 }],
    ['a public key and Rekor v2', { certificate: 'none' }],
    [
      'a public key alone',
      { certificate: 'none', rekor: [], timestamps: [] },
      { tlogThreshold: 0, timestampThreshold: 0 },
    ],
    ['an RSA key', { key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey }],
  ]
  it.each(ways)('signs an envelope with %s so that it verifies', (_, options, thresholds) => {
    const sigstore = createSigstore({ clock })
    expect(() =>
      verify(sigstore.sign({ payload: statement }, options), { sigstore, ...thresholds }),
    ).not.toThrow()
  })
})
