import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  attachSignature,
  fixedIdentityToken,
  fulcioSigner,
  generateSigningKey,
  type KeylessSigner,
  keySigner,
  rekorLog,
  type Signer,
  timestampAuthority,
  type Witness,
} from '@sallyport/attest'
import type { Digest } from '@sallyport/core'
import { createRegistryClient } from '@sallyport/oci'
import { type RunningRegistry, startRealSigstore, toolPath } from '@sallyport/test-tools'
import { startSigstore } from '@sallyport/testkit/sigstore'
import { pushRandomImage } from './random-image.ts'

/** A signed image and whom its signature must be by; what `verify-ours.mjs` reads from a file. */
export interface VerifyCase {
  readonly title: string
  readonly registry: string
  readonly repository: string
  readonly digest: Digest
  /** File with the Sigstore bundle that is attached to the image. */
  readonly bundle: string
  readonly signer: VerifySigner
}

/** Whom a signature must be by; the names are those of files. */
export type VerifySigner =
  | { readonly kind: 'key'; readonly publicKey: string }
  | {
      readonly kind: 'keyless'
      readonly trustedRoot: string
      readonly issuer: string
      readonly subject: string
    }

/** What is signed with. */
interface Signing {
  readonly title: string
  readonly signer: Signer | KeylessSigner
  readonly witnesses?: readonly Witness[] | undefined
  readonly by: VerifySigner
}

const email = 'developer@acme.test'
const realServices = ['fulcio', 'tesseract', 'rekor', 'timestamp-server']
// The timestamp authority may have to wait for another's end.
const timeoutMs = 60_000

/** Signs an image in each way that is measured, once as a referrer, which is where cosign looks first. */
export async function signImages(
  registry: RunningRegistry,
  directory: string,
): Promise<readonly VerifyCase[]> {
  const cases = [await signImage(registry, directory, 'key', await signWithKey(directory))]
  {
    await using sigstore = await startSigstore()
    const issueToken = (): string => sigstore.issueToken({ email })
    const witnesses = [rekorLog({ url: sigstore.rekorV1Url, version: 1 })]
    const title = 'keyless, Rekor v1'
    const services = { ...sigstore, issueToken, title, witnesses }
    cases.push(await signImage(registry, directory, 'rekor-v1', await signKeyless(directory, services)))
  }
  const isReal = realServices.every((name) => toolPath(name) !== undefined)
  await using sigstore = isReal
    ? await startRealSigstore({ directory: join(directory, 'services'), timeoutMs })
    : await startSigstore()
  const [rekorUrl, timestampUrl] =
    'tsaUrl' in sigstore ? [sigstore.rekorUrl, sigstore.tsaUrl] : [sigstore.rekorV2Url, sigstore.timestampUrl]
  const services = {
    ...sigstore,
    issueToken: () => sigstore.issueToken({ email }),
    title: `keyless, Rekor v2 and a timestamp${isReal ? '' : ' (our services)'}`,
    witnesses: [rekorLog({ url: rekorUrl, version: 2 }), timestampAuthority({ url: timestampUrl })],
  }
  cases.push(await signImage(registry, directory, 'rekor-v2', await signKeyless(directory, services)))
  return cases
}

async function signWithKey(directory: string): Promise<Signing> {
  const { privateKey, publicKey } = await generateSigningKey()
  const file = join(directory, 'cosign.pub')
  await writeFile(file, publicKey)
  return { title: 'key', signer: keySigner(privateKey), by: { kind: 'key', publicKey: file } }
}

interface Services {
  readonly title: string
  readonly fulcioUrl: string
  readonly oidcUrl: string
  readonly trustedRoot: unknown
  readonly witnesses: readonly Witness[]
  issueToken(): string
}

async function signKeyless(directory: string, services: Services): Promise<Signing> {
  const { title, fulcioUrl, oidcUrl, witnesses } = services
  const trustedRoot = join(directory, `root-${witnesses.length}.json`)
  await writeFile(trustedRoot, JSON.stringify(services.trustedRoot))
  return {
    title,
    signer: fulcioSigner({ url: fulcioUrl, token: fixedIdentityToken(services.issueToken()) }),
    witnesses,
    by: { kind: 'keyless', trustedRoot, issuer: oidcUrl, subject: email },
  }
}

async function signImage(
  { host }: RunningRegistry,
  directory: string,
  name: string,
  { title, signer, witnesses, by }: Signing,
): Promise<VerifyCase> {
  await using client = createRegistryClient()
  const repository = client.repository({ registry: host, repository: `bench/${name}` })
  await pushRandomImage(repository, { layers: 1, layerBytes: 1024 })
  const { descriptor } = await repository.getManifest('1')
  const { pieces } = await attachSignature(repository, descriptor, signer, {
    reference: repository.name,
    mode: 'bundle',
    createdAt: new Date(),
    settleMs: 0,
    witnesses,
  })
  const blob = await fetch(`http://${host}/v2/bench/${name}/blobs/${pieces[0]?.blob}`)
  if (!blob.ok) throw new Error(`the bundle can't be read back: ${blob.status}`)
  const bundle = join(directory, `${name}.sigstore.json`)
  await writeFile(bundle, Buffer.from(await blob.arrayBuffer()))
  return { title, registry: host, repository: `bench/${name}`, digest: descriptor.digest, bundle, signer: by }
}
