import { generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto'
import { AsnConvert } from '@peculiar/asn1-schema'
import { TimeStampResp } from '@peculiar/asn1-tsp'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { rekorV1Body, verifierKey } from './log/log-entry-body.ts'
import { githubClaims } from './oidc/github-claims.ts'
import type { TokenOptions } from './oidc/oidc-issuer.ts'
import { type RunningSigstore, startSigstore } from './start-sigstore.ts'

let sigstore: RunningSigstore
beforeEach(async () => void (sigstore = await startSigstore()))
afterEach(() => sigstore.close())

const post = (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'content-type': 'application/json', ...headers },
  })

const email = 'developer@acme.test'
const keyPair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })

interface CertificateRequest {
  readonly token: string
  readonly challenge?: string | undefined
  /** What the proof is signed with. Default: the private half of the key. */
  readonly prover?: KeyObject | undefined
}

function requestCertificate({ token, challenge = email, prover }: CertificateRequest): Promise<Response> {
  const { publicKey, privateKey } = keyPair()
  const publicKeyRequest = {
    publicKey: { algorithm: 'ECDSA', content: publicKey.export({ type: 'spki', format: 'pem' }) },
    proofOfPossession: sign('sha256', Buffer.from(challenge), prover ?? privateKey).toString('base64'),
  }
  const url = `${sigstore.fulcioUrl}/api/v2/signingCert`
  return post(url, { publicKeyRequest }, { authorization: `Bearer ${token}` })
}

async function leafOf(answer: Response): Promise<X509Certificate> {
  expect(answer.status).toBe(200)
  const body = (await answer.json()) as {
    readonly signedCertificateEmbeddedSct: { readonly chain: { readonly certificates: readonly string[] } }
  }
  return new X509Certificate(body.signedCertificateEmbeddedSct.chain.certificates[0]!)
}

describe('Fulcio of startSigstore', () => {
  const subjects: readonly [string, TokenOptions, string, string][] = [
    ['an e-mail address', { email }, email, `email:${email}`],
    [
      'a GitHub workflow',
      { claims: githubClaims() },
      'repo:acme/app:ref:refs/heads/main',
      'URI:https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main',
    ],
    ['a URI', { subject: 'spiffe://acme.test/ci' }, 'spiffe://acme.test/ci', 'URI:spiffe://acme.test/ci'],
  ]
  it.each(subjects)('certifies %s', async (_, token, challenge, subject) => {
    const leaf = await leafOf(await requestCertificate({ token: sigstore.issueToken(token), challenge }))
    expect(leaf.subjectAltName).toBe(subject)
  })

  const tokens: readonly [string, TokenOptions][] = [
    ['has expired', { email, expiresIn: -1 }],
    ['is for another audience', { email, audience: 'somebody' }],
    ['has an address that is not verified', { email, claims: { email_verified: false } }],
    ['is of another issuer', { email, claims: { iss: 'https://elsewhere.test' } }],
  ]
  it.each(tokens)('refuses a token that %s, and does not repeat it', async (_, options) => {
    const token = sigstore.issueToken(options)
    const answer = await requestCertificate({ token })
    expect(answer.status).toBe(400)
    const text = await answer.text()
    expect(text).toContain('There was an error processing the identity token')
    expect(text).not.toContain(token.split('.')[1])
  })

  it('refuses who has not the private key', async () => {
    const answer = await requestCertificate({
      token: sigstore.issueToken({ email }),
      prover: keyPair().privateKey,
    })
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain('could not be verified')
  })

  it('refuses a proof over another subject', async () => {
    const token = sigstore.issueToken({ email })
    expect((await requestCertificate({ token, challenge: 'somebody@acme.test' })).status).toBe(400)
  })
})

describe('Rekor v1 of startSigstore', () => {
  const entries = () => `${sigstore.rekorV1Url}/api/v1/log/entries`
  const proposal = (signature?: Buffer) => {
    const signed = sigstore.sign({ file: 'content' }, { certificate: 'none', rekor: [] })
    const digest = Buffer.from(signed.bundle.messageSignature!.messageDigest.digest, 'base64')
    return rekorV1Body({
      digest,
      signature: signature ?? signed.signature,
      verifier: verifierKey(signed.key),
    })
  }

  it('logs an entry, gives it by index and by identifier, and refuses it again', async () => {
    const proposed = proposal()
    const answer = await post(entries(), proposed)
    expect(answer.status).toBe(201)
    const logged = (await answer.json()) as Record<string, { readonly body: string }>
    const [uuid] = Object.keys(logged)
    expect(answer.headers.get('etag')).toBe(uuid)
    expect(JSON.parse(Buffer.from(logged[uuid!]!.body, 'base64').toString())).toEqual(proposed)
    await expect((await fetch(`${entries()}?logIndex=0`)).json()).resolves.toMatchObject({
      [uuid!]: { logIndex: 0 },
    })
    await expect((await fetch(`${entries()}/${uuid}`)).json()).resolves.toMatchObject({
      [uuid!]: { logIndex: 0 },
    })
    const retrieved = await post(`${entries()}/retrieve`, { entries: [proposed], logIndexes: [0, 7] })
    expect(await retrieved.json()).toHaveLength(2)
    const again = await post(entries(), proposed)
    expect([again.status, again.headers.get('location')]).toEqual([409, `/api/v1/log/entries/${uuid}`])
    expect((await fetch(`${entries()}?logIndex=1`)).status).toBe(404)
  })

  it.each([
    ['a signature of something else', () => proposal(Buffer.from('3006020101020101', 'hex'))],
    ['a kind that it has not', () => ({ kind: 'helm', apiVersion: '0.0.1', spec: {} })],
    ['what is no JSON', () => 'nothing'],
  ])('refuses %s', async (_, body) => expect((await post(entries(), body())).status).toBe(400))
})

describe('the timestamp authority of startSigstore', () => {
  it('answers a request in JSON with its nonce, however long', async () => {
    const digest = Buffer.alloc(32, 7)
    const nonce = '123456789012345678901234567890'
    const body = `{"artifactHash":"${digest.toString('base64')}","hashAlgorithm":"sha256","nonce":${nonce},"certificates":true}`
    const answer = await post(sigstore.timestampUrl, body)
    expect(answer.status).toBe(201)
    const der = Buffer.from(await answer.arrayBuffer())
    expect(AsnConvert.parse(new Uint8Array(der).buffer, TimeStampResp).status.status).toBe(0)
    expect(der.toString('hex')).toContain(BigInt(nonce).toString(16))
    expect(der.includes(digest)).toBe(true)
  })

  it.each([
    ['a weak hash', { artifactHash: Buffer.alloc(20).toString('base64'), hashAlgorithm: 'sha1' }, 400],
    ['a digest of another length', { artifactHash: 'AAAA', hashAlgorithm: 'sha256' }, 400],
  ])('refuses %s', async (_, body, status) => {
    expect((await post(sigstore.timestampUrl, body)).status).toBe(status)
  })

  it('refuses another type of content', async () => {
    const answer = await post(sigstore.timestampUrl, 'x', { 'content-type': 'text/plain' })
    expect(answer.status).toBe(415)
  })
})

describe('startSigstore', () => {
  it('shows every request to the hook, which may answer instead, and keeps them all', async () => {
    sigstore.setRequestHook(({ service }) => (service === 'rekor-v2' ? { status: 503 } : undefined))
    const statusOf = async (url: string) => (await fetch(url)).status
    expect(await statusOf(`${sigstore.rekorV2Url}/api/v2/checkpoint`)).toBe(503)
    sigstore.setRequestHook(undefined)
    expect(await statusOf(`${sigstore.rekorV2Url}/api/v2/checkpoint`)).toBe(200)
    expect(await statusOf(`${sigstore.fulcioUrl}/nothing`)).toBe(404)
    expect(sigstore.requests.map(({ service, path }) => `${service} ${path}`)).toEqual([
      'rekor-v2 /api/v2/checkpoint',
      'rekor-v2 /api/v2/checkpoint',
      'fulcio /nothing',
    ])
  })
})
