import { spawnSync } from 'node:child_process'
import { createPrivateKey, createPublicKey } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cosignBox } from '../testing/cosign-box.ts'
import { keySigner } from './key-signer.ts'
import { parsePublicKey } from './parse-public-key.ts'
import { verifiesSignature } from './verifies-signature.ts'

const hasOpenssl = spawnSync('openssl', ['version']).status === 0
const data = join(import.meta.dirname, '../../../../../shared/data/sigstore')
const hasData = existsSync(data)
const content = Buffer.from('content')

/** Runs openssl, with a key on its standard input if there is one, and returns what it writes. */
function openssl(args: string, input = ''): string {
  const { status, stdout, stderr } = spawnSync('openssl', args.split(' '), { input, encoding: 'utf8' })
  if (status !== 0) throw new Error(`openssl ${args}: ${stderr}`)
  return stdout
}

/** Whether the key can be read and signs. */
async function signs(pem: string, passphrase?: string): Promise<boolean> {
  const signer = keySigner(pem, { passphrase })
  const { key } = parsePublicKey(signer.publicKey)
  return verifiesSignature(key, content, await signer.sign(content))
}

describe.skipIf(!hasOpenssl)(`keys by openssl${hasOpenssl ? '' : ' (skipped: no openssl here)'}`, () => {
  const ec = 'genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384'
  const rsa = 'genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048'
  it.each([
    ['PKCS#8 under scrypt', ec, 'pkcs8 -topk8 -scrypt -passout pass:secret'],
    [
      'PKCS#8 under PBKDF2 with SHA-512',
      ec,
      'pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA512 -passout pass:secret',
    ],
    ['PKCS#8 of Ed25519 under PBKDF2', 'genpkey -algorithm ed25519', 'pkcs8 -topk8 -passout pass:secret'],
    ['encrypted SEC1', ec, 'ec -aes256 -passout pass:secret'],
    ['encrypted PKCS#1', rsa, 'rsa -traditional -aes128 -passout pass:secret'],
    ['SEC1 after its parameters', 'ecparam -name secp521r1 -genkey', undefined],
    ['PKCS#1', rsa, 'rsa -traditional'],
    ['a key with its description', ec, 'pkey -text'],
  ])('are read from %s', async (_, generate, convert) => {
    const plain = openssl(generate)
    expect(await signs(convert === undefined ? plain : openssl(convert, plain), 'secret')).toBe(true)
  })

  it.each([
    ['spelled out parameters', 'ecparam -name prime256v1 -genkey -noout -param_enc explicit', undefined],
    ['a compressed point', 'ecparam -name prime256v1 -genkey -noout', 'ec -conv_form compressed'],
    ['RSA for PSS only', 'genpkey -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048', undefined],
    ['the curve SM2', 'ecparam -name SM2 -genkey -noout', undefined],
  ])('are refused with %s', (_, generate, convert) => {
    const plain = openssl(generate)
    const pem = convert === undefined ? plain : openssl(convert, plain)
    expect(() => keySigner(pem)).toThrow(expect.objectContaining({ code: 'KEY_UNSUPPORTED' }) as Error)
  })
})

interface Facts {
  readonly encrypted: Readonly<Record<string, EncryptedFact>>
  readonly importable: Readonly<Record<string, { readonly imports: boolean; readonly why?: string }>>
}
interface EncryptedFact {
  readonly label: string
  readonly password: string
  readonly scrypt: { readonly N: number; readonly r: number; readonly p: number }
  readonly inside: string
  readonly cosign: string
}

const read = (path: string): string => readFileSync(join(data, path), 'utf8')
const facts = hasData
  ? (JSON.parse(read('bundles/cosign/keys/facts.json')) as Facts)
  : { encrypted: {}, importable: {} }

/** How to make a key of the kind that cosign's own tests keep under this name. */
const makers: Readonly<Record<string, () => string>> = {
  validrsa: () =>
    openssl('rsa -traditional', openssl('genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048')),
  validrsapkcs1: () =>
    openssl('rsa -traditional', openssl('genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048')),
  validrsapkcs8: () => openssl('genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048'),
  invalidrsawithpubkey: () => read('bundles/cosign/keys/invalidrsawithpubkey.pem'),
  invalidrsasmallkey: () => openssl('genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:1024'),
  // Four primes are found sooner than two.
  invalidrsalargekey: () =>
    openssl('genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:5120 -pkeyopt rsa_keygen_primes:4'),
  validecp256: () => openssl('ecparam -name prime256v1 -genkey -noout'),
  validecp384: () => openssl('ecparam -name secp384r1 -genkey -noout'),
  validecp521: () => openssl('ecparam -name secp521r1 -genkey -noout'),
  validecpkcs8: () => openssl('genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256'),
  invalidecp224: () => openssl('ecparam -name secp224r1 -genkey -noout'),
  invalidecunsupported: () => openssl('ecparam -name secp256k1 -genkey -noout'),
  ed25519key: () => openssl('genpkey -algorithm ed25519'),
  invalidkey: () => '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQ==\n-----END PGP PRIVATE KEY BLOCK-----\n',
}

describe.skipIf(!hasData || !hasOpenssl)(
  `keys of cosign's tests${hasData && hasOpenssl ? '' : ' (skipped without ../shared/data and openssl)'}`,
  { timeout: 60_000 },
  () => {
    it.each(Object.entries(facts.importable))(
      'are taken as cosign takes them: %s %j',
      async (name, { imports }) => {
        const pem = makers[name]?.()
        expect(pem).toBeDefined()
        if (imports) expect(await signs(pem ?? '')).toBe(true)
        else
          expect(() => keySigner(pem ?? '')).toThrow(
            expect.objectContaining({ code: expect.stringMatching(/^KEY_/) as string }) as Error,
          )
      },
    )

    it.each(Object.entries(facts.encrypted))('are opened as cosign opens them: %s %j', (_, fact) => {
      const key = createPrivateKey(makers['validecp256']?.() ?? '')
      const plain = key.export({ type: fact.inside.startsWith('SEC1') ? 'sec1' : 'pkcs8', format: 'der' })
      const { label, password: passphrase, scrypt } = fact
      const pem = cosignBox({ plain, passphrase, label, N: scrypt.N })
      if (fact.cosign === 'loads') {
        expect(keySigner(pem, { passphrase }).publicKey).toBe(
          createPublicKey(key).export({ type: 'spki', format: 'pem' }),
        )
      } else {
        expect(() => keySigner(pem, { passphrase })).toThrow(
          expect.objectContaining({ code: 'KEY_INVALID' }) as Error,
        )
      }
    })

    it.each([
      'cosign-legacy/policy-controller/keys/cosign.pub',
      'bundles/sigstore-go/public-keys/public-key-validity.pem',
      'conformance/bundle-verify/managed-key-happy-path/key.pub',
      '../slsa/vsa/gce/v1/vsa_signing_public_key.pem',
    ])('gives the public key %s back as it was', (path) => {
      expect(parsePublicKey(read(path)).pem.trim()).toBe(read(path).trim())
    })
  },
)
