import { createHash, generateKeyPairSync, sign, X509Certificate } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import { type RealSigstore, startOlareg, startRealSigstore } from '@sallyport/test-tools'
import { createImage, pushImage } from '@sallyport/testkit'
import {
  createSigstore,
  githubClaims,
  type RunningSigstore,
  type SignBundleOptions,
  startSigstore,
  type TransparencyLogEntry,
} from '@sallyport/testkit/sigstore'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runTool } from './run-tool.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-sigstore-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

// The timestamp authority may have to wait for another's end.
const timeoutMs = 60_000
const image = createImage({ layers: [{ files: { '/hello': 'world' } }] })

/** What cosign needs to know of a Sigstore. */
interface Services extends Pick<RealSigstore, 'issueToken' | 'trustedRoot' | 'signingConfig'> {
  readonly emailIssuer: string
  readonly githubIssuer: string
}

/** Runs cosign with a home of its own, and with these services and no others. */
async function cosign(services: Services, args: readonly string[]): Promise<string> {
  const folder = await mkdtemp(join(directory, 'cosign-'))
  const file = async (name: string, content: unknown): Promise<string> => {
    await writeFile(join(folder, name), JSON.stringify(content))
    return join(folder, name)
  }
  const trust = `--trusted-root=${await file('trusted-root.json', services.trustedRoot)}`
  const config = `--signing-config=${await file('signing-config.json', services.signingConfig)}`
  const signs = args.some((argument) => argument.startsWith('--identity-token'))
  return runTool('cosign', [...args, trust, ...(signs ? [config, '--yes'] : [])], {
    env: { PATH: process.env['PATH'] ?? '', HOME: folder },
  })
}

const workflow = 'https://github.com/acme/app/.github/workflows/release.yml@refs/heads/main'

describe.each([
  {
    name: 'the real Fulcio, TesseraCT, Rekor v2 and timestamp authority',
    start: async () => {
      const real = await startRealSigstore({ directory: join(directory, 'services'), timeoutMs })
      return Object.assign(real, { emailIssuer: real.oidcUrl, githubIssuer: real.githubUrl })
    },
  },
  ...([1, 2] as const).map((version) => ({
    name: `our services with Rekor v${version}`,
    start: async () => {
      const ours = await startSigstore()
      return Object.assign(ours, {
        emailIssuer: ours.oidcUrl,
        githubIssuer: ours.oidcUrl,
        signingConfig: onlyRekor(version, ours),
      })
    },
  })),
])('cosign with $name', ({ start }) => {
  let services: Services & AsyncDisposable
  let registry: Awaited<ReturnType<typeof startOlareg>>
  let reference: string
  beforeAll(async () => {
    services = await start()
    registry = await startOlareg({ directory: await mkdtemp(join(directory, 'registry-')) })
    const repository = `${registry.host}/team/app`
    const client = createRegistryClient()
    await pushImage(client.repository(parseReference(repository)), image, '1.0')
    await client.close()
    reference = `${repository}@${image.raw.descriptor.digest}`
  }, 2 * timeoutMs)
  afterAll(async () => {
    await registry?.stop()
    await services?.[Symbol.asyncDispose]()
  })

  it('signs an image for an e-mail address and verifies it for that one alone', async () => {
    const token = services.issueToken({ email: 'developer@acme.test' })
    await cosign(services, ['sign', '--allow-http-registry', `--identity-token=${token}`, reference])
    const verify = (identity: string): Promise<string> =>
      cosign(services, [
        'verify',
        '--allow-http-registry',
        reference,
        `--certificate-identity=${identity}`,
        `--certificate-oidc-issuer=${services.emailIssuer}`,
      ])
    await expect(verify('developer@acme.test')).resolves.toContain(image.raw.descriptor.digest)
    await expect(verify('somebody@acme.test')).rejects.toThrow(/expected SAN value/)
  })

  it('attests for a GitHub workflow and verifies its claims', async () => {
    const predicate = join(directory, 'predicate.json')
    await writeFile(predicate, JSON.stringify({ checked: true }))
    const token = services.issueToken({ claims: githubClaims() })
    const type = '--type=https://acme.test/check/v1'
    await cosign(services, [
      'attest',
      '--allow-http-registry',
      `--identity-token=${token}`,
      type,
      `--predicate=${predicate}`,
      reference,
    ])
    const verified = await cosign(services, [
      'verify-attestation',
      '--allow-http-registry',
      type,
      reference,
      `--certificate-identity=${workflow}`,
      `--certificate-oidc-issuer=${services.githubIssuer}`,
      '--certificate-github-workflow-trigger=push',
      '--certificate-github-workflow-repository=acme/app',
      '--certificate-github-workflow-name=release',
    ])
    expect(verified).toContain('payload')
  })
})

describe('cosign with what createSigstore makes', () => {
  const signings: readonly [string, SignBundleOptions][] = [
    ['Rekor v2 and a timestamp', {}],
    ['Rekor v1', { rekor: [1], timestamps: [] }],
    ['the kind intoto of Rekor v1', { rekor: [1], rekorKind: 'intoto', timestamps: [] }],
    ['both logs', { rekor: [1, 2] }],
  ]
  const sha256 = createHash('sha256').update('content').digest('hex')
  const predicateType = 'https://acme.test/check/v1'
  const payload = JSON.stringify({
    _type: 'https://in-toto.io/Statement/v1',
    subject: [{ name: 'file', digest: { sha256 } }],
    predicateType,
    predicate: {},
  })
  const verifyBlob = async (bundle: unknown, home: string, ...trust: readonly string[]): Promise<string> => {
    const file = join(home, 'bundle.json')
    await writeFile(file, JSON.stringify(bundle))
    const identity = ['--certificate-identity=developer@sigstore.test']
    const issuer = '--certificate-oidc-issuer=https://oidc.sigstore.test'
    const what = [`--type=${predicateType}`, `--digest=${sha256}`, '--digestAlg=sha256']
    const args = ['verify-blob-attestation', `--bundle=${file}`, ...identity, issuer, ...what, ...trust]
    return runTool('cosign', args, { env: { PATH: process.env['PATH'] ?? '', HOME: home } })
  }

  it.each(signings)('verifies an attestation with %s', async (_, options) => {
    const { sign, trustedRoot } = createSigstore()
    const home = await mkdtemp(join(directory, 'cosign-'))
    await writeFile(join(home, 'root.json'), JSON.stringify(trustedRoot))
    const trust = `--trusted-root=${join(home, 'root.json')}`
    await expect(verifyBlob(sign({ payload }, options).bundle, home, trust)).resolves.toBeDefined()
    const stranger = createSigstore().sign({ payload }, options)
    await expect(verifyBlob(stranger.bundle, home, trust)).rejects.toThrow(/Command failed/)
  })

  it('is told whom to trust by our repository of The Update Framework', async () => {
    await using sigstore = await startSigstore()
    const home = await mkdtemp(join(directory, 'cosign-'))
    await writeFile(join(home, 'root.json'), sigstore.tuf.root)
    const initialize = ['initialize', `--mirror=${sigstore.tufUrl}`, `--root=${join(home, 'root.json')}`]
    await runTool('cosign', initialize, { env: { PATH: process.env['PATH'] ?? '', HOME: home } })
    await expect(verifyBlob(sigstore.sign({ payload }).bundle, home)).resolves.toBeDefined()
  })
})

describe('our services and the real ones, asked the same', () => {
  let real: RealSigstore
  let ours: RunningSigstore
  beforeAll(async () => {
    real = await startRealSigstore({ directory: join(directory, 'real'), timeoutMs })
    ours = await startSigstore()
  }, 2 * timeoutMs)
  afterAll(async () => {
    await ours?.close()
    await real?.close()
  })

  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
  const post = async (url: string, body: unknown, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url, {
      method: 'POST',
      body: body instanceof Uint8Array ? Buffer.from(body) : JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
    })

  const certify = async (fulcioUrl: string, token: string, challenge: string): Promise<string> => {
    const proof = sign('sha256', Buffer.from(challenge), privateKey).toString('base64')
    const publicKeyRequest = {
      publicKey: { algorithm: 'ECDSA', content: pem },
      proofOfPossession: proof,
    }
    const url = `${fulcioUrl}/api/v2/signingCert`
    const answer = await post(url, { publicKeyRequest }, { authorization: `Bearer ${token}` })
    expect(answer.status).toBe(200)
    const { signedCertificateEmbeddedSct: embedded } = (await answer.json()) as {
      readonly signedCertificateEmbeddedSct: { readonly chain: { readonly certificates: readonly string[] } }
    }
    expect(embedded.chain.certificates).toHaveLength(3)
    return embedded.chain.certificates[0]!
  }

  /** The extensions as openssl prints them up to the log's timestamp, without the names of issuer and key. */
  const extensions = async (certificate: string, issuer: string): Promise<string> => {
    const file = join(directory, 'certificate.pem')
    await writeFile(file, certificate)
    const text = await runTool('openssl', ['x509', '-in', file, '-noout', '-text'])
    return text
      .slice(
        text.indexOf('X509v3 extensions'),
        text.indexOf('Version   : v1', text.indexOf('CT Precertificate')),
      )
      .replaceAll(issuer, 'ISSUER')
      .replaceAll(/(?:[0-9A-F]{2}:){19}[0-9A-F]{2}/g, 'KEY')
  }

  it.each([
    ['an e-mail address', { email: 'developer@acme.test', subject: 'developer' }, 'developer@acme.test'],
    ['a GitHub workflow', { claims: githubClaims() }, String(githubClaims()['sub'])],
  ])('certify alike for %s', async (_, token, challenge) => {
    const isWorkflow = 'claims' in token
    const realIssuer = isWorkflow ? real.githubUrl : real.oidcUrl
    const [theirs, own] = await Promise.all([
      certify(real.fulcioUrl, real.issueToken(token), challenge),
      certify(ours.fulcioUrl, ours.issueToken(token), challenge),
    ])
    expect(await extensions(own, ours.oidcUrl)).toBe(await extensions(theirs, realIssuer))
  })

  it('log the same bytes in Rekor v2, and refuse the same', async () => {
    const content = Buffer.from('content')
    const request = (signed: Buffer) => ({
      hashedRekordRequestV002: {
        digest: createHash('sha256').update(content).digest('base64'),
        signature: {
          content: sign('sha256', signed, privateKey).toString('base64'),
          verifier: {
            keyDetails: 'PKIX_ECDSA_P256_SHA_256',
            publicKey: { rawBytes: publicKey.export({ type: 'spki', format: 'der' }).toString('base64') },
          },
        },
      },
    })
    const urls = [real.rekorUrl, ours.rekorV2Url].map((url) => `${url}/api/v2/log/entries`)
    const valid = request(content)
    const answers = await Promise.all(urls.map((url) => post(url, valid)))
    expect(answers.map(({ status }) => status)).toEqual([201, 201])
    const [theirs, own] = (await Promise.all(
      answers.map((answer) => answer.json()),
    )) as TransparencyLogEntry[]
    expect(own!.canonicalizedBody).toBe(theirs!.canonicalizedBody)
    expect(own!.kindVersion).toEqual(theirs!.kindVersion)
    const refused = await Promise.all(urls.map((url) => post(url, request(Buffer.from('other')))))
    expect(refused.map(({ status }) => status)).toEqual([400, 400])
    const [theirRefusal, ownRefusal] = await Promise.all(refused.map((answer) => answer.json()))
    expect(ownRefusal).toEqual(theirRefusal)
    const again = await Promise.all(urls.map((url) => post(url, valid)))
    expect(again.map(({ status }) => status)).toEqual([409, 409])
  })

  it('stamp so that openssl verifies it', async () => {
    const file = join(directory, 'stamped')
    await writeFile(file, 'content')
    const query = join(directory, 'query.tsq')
    await runTool('openssl', ['ts', '-query', '-data', file, '-sha256', '-cert', '-out', query])
    for (const [url, root] of [
      [real.tsaUrl, real.trustedRoot],
      [ours.timestampUrl, ours.trustedRoot],
    ] as const) {
      const headers = { 'content-type': 'application/timestamp-query' }
      const answer = await post(url, await readFile(query), headers)
      const reply = join(directory, 'reply.tsr')
      await writeFile(reply, Buffer.from(await answer.arrayBuffer()))
      const authority = join(directory, 'authority.pem')
      const [, ...authorities] = root.timestampAuthorities[0]!.certChain.certificates
      const pems = authorities.map(({ rawBytes }) =>
        new X509Certificate(Buffer.from(rawBytes, 'base64')).toString(),
      )
      await writeFile(authority, pems.join(''))
      const verify = ['ts', '-verify', '-queryfile', query, '-in', reply, '-CAfile', authority]
      await expect(runTool('openssl', verify)).resolves.toContain('Verification: OK')
    }
  })
})

const onlyRekor = (version: 1 | 2, { signingConfig }: RunningSigstore): RunningSigstore['signingConfig'] => ({
  ...signingConfig,
  rekorTlogUrls: signingConfig.rekorTlogUrls.filter(({ majorApiVersion }) => majorApiVersion === version),
})
