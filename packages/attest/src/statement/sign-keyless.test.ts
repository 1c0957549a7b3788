import { X509Certificate } from 'node:crypto'
import { bundleFromJSON, type SerializedBundle } from '@sigstore/bundle'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fulcioSigner } from '../keyless/fulcio-signer.ts'
import { fixedIdentityToken } from '../keyless/identity/given-identity-token.ts'
import { rekorLog } from '../keyless/rekor-log.ts'
import { timestampAuthority } from '../keyless/timestamp-authority.ts'
import type { KeylessSigner } from '../ports/signer.ts'
import { generateSigningKey } from '../signing/generate-signing-key.ts'
import { keySigner } from '../signing/key-signer.ts'
import { startFulcioDouble } from '../testing/fulcio-double.ts'
import { createIdentityToken, tokenTime } from '../testing/identity-token.ts'
import { startRekorV1Double, startRekorV2Double } from '../testing/rekor-double.ts'
import type { ScriptedService } from '../testing/scripted-service.ts'
import { startTimestampDouble } from '../testing/timestamp-double.ts'
import { signStatement } from './sign-statement.ts'
import { createStatement, predicateTypes } from './statement.ts'

const statement = createStatement([{ digest: `sha256:${'ab'.repeat(32)}` }], predicateTypes.cosignSign, {})
const services: ScriptedService[] = []
let keyless: KeylessSigner
let urls = { fulcio: '', authority: '', one: '', two: '' }
beforeAll(async () => {
  services.push(
    await startFulcioDouble(),
    await startTimestampDouble(),
    await startRekorV1Double(),
    await startRekorV2Double(),
  )
  const [fulcio = '', authority = '', one = '', two = ''] = services.map(({ url }) => url)
  urls = { fulcio, authority, one, two }
  keyless = fulcioSigner({
    url: fulcio,
    token: fixedIdentityToken(createIdentityToken()),
    clock: { now: () => tokenTime },
  })
})
afterAll(async () => {
  for (const service of services) await service[Symbol.asyncDispose]()
})

function read(bundle: Uint8Array): SerializedBundle {
  const json = JSON.parse(Buffer.from(bundle).toString()) as SerializedBundle
  bundleFromJSON(json) // as strict as the format
  return json
}

describe('signStatement with witnesses', () => {
  it.each([
    [1, 'dsse/0.0.1'],
    [2, 'hashedrekord/0.0.2'],
  ] as const)(
    'makes a bundle with certificate, timestamp and an entry of Rekor %s',
    async (version, kind) => {
      const log = rekorLog({ url: version === 1 ? urls.one : urls.two, version })
      const authority = timestampAuthority({ url: urls.authority })
      const signed = await signStatement(statement, keyless, { witnesses: [log, authority] })
      const { mediaType, verificationMaterial, dsseEnvelope } = read(signed.bundle)
      expect(mediaType).toBe('application/vnd.dev.sigstore.bundle.v0.3+json')
      const { certificate, publicKey, x509CertificateChain, tlogEntries, timestampVerificationData } =
        verificationMaterial
      expect({ publicKey, x509CertificateChain }).toEqual({})
      expect(certificate?.rawBytes).toBe(
        new X509Certificate(signed.certificate?.leaf ?? '').raw.toString('base64'),
      )
      expect(tlogEntries.map(({ kindVersion }) => `${kindVersion?.kind}/${kindVersion?.version}`)).toEqual([
        kind,
      ])
      expect(
        timestampVerificationData?.rfc3161Timestamps.map(({ signedTimestamp }) => signedTimestamp),
      ).toEqual(signed.testimony.timestamps.map((each) => Buffer.from(each).toString('base64')))
      expect(dsseEnvelope?.signatures).toEqual([
        { sig: Buffer.from(signed.signature).toString('base64'), keyid: '' },
      ])
    },
  )

  it('shares a certificate between statements that one certified signer signs', async () => {
    const before = services[0]?.requests.length ?? 0
    const signer = await keyless.certify()
    const witnesses = [timestampAuthority({ url: urls.authority })]
    const leaves = new Set<string | undefined>()
    for (const predicateType of ['https://example.com/a', 'https://example.com/b']) {
      const signed = await signStatement({ ...statement, predicateType }, signer, { witnesses })
      leaves.add(signed.certificate?.leaf)
    }
    expect(leaves.size).toBe(1)
    expect(services[0]?.requests).toHaveLength(before + 1)
  })

  it('names the key, and no certificate, of a signer with a key', async () => {
    const signer = keySigner(generateSigningKey().privateKey)
    const witnesses = [rekorLog({ url: urls.two, version: 2 })]
    const { verificationMaterial } = read((await signStatement(statement, signer, { witnesses })).bundle)
    expect(verificationMaterial.publicKey).toEqual({ hint: signer.keyId })
    expect(verificationMaterial.tlogEntries).toHaveLength(1)
  })

  it('refuses a keyless signature without witnesses', async () => {
    await expect(signStatement(statement, keyless)).rejects.toMatchObject({ code: 'WITNESS_MISSING' })
  })
})
