import { describe, expect, it } from 'vitest'
import { awsIdentity, awsKeyArn, startAwsKmsDouble } from '../testing/kms/aws-kms-double.ts'
import { sampleKey, verifies } from '../testing/kms/signature-check.ts'
import { startVaultDouble } from '../testing/kms/vault-double.ts'
import { kmsSigner } from './kms-signer.ts'

const content = Buffer.from('content')

describe('kmsSigner', () => {
  it.each(['hashivault://release', 'openbao://release'])('signs with %s', async (reference) => {
    await using vault = await startVaultDouble()
    vault.keys.set('release', { type: 'ecdsa-p256', versions: [sampleKey('P-256')] })
    const env = { VAULT_ADDR: vault.origin, VAULT_TOKEN: 'hvs.a-token-of-vault' }
    const signer = await kmsSigner(reference, { env })
    expect(verifies(signer, content, await signer.sign(content))).toBe(true)
  })

  it('signs with awskms:///alias/release', async () => {
    const now = new Date('2026-03-01T10:00:00Z')
    await using kms = await startAwsKmsDouble(() => now)
    const arn = awsKeyArn('1234abcd-12ab-34cd-56ef-1234567890ab')
    kms.keys.set(arn, { arn, privateKey: sampleKey('P-256') })
    kms.aliases.set('alias/release', arn)
    const env = {
      AWS_ACCESS_KEY_ID: awsIdentity.accessKeyId,
      AWS_SECRET_ACCESS_KEY: awsIdentity.secretAccessKey,
      AWS_SESSION_TOKEN: awsIdentity.sessionToken,
      AWS_REGION: 'eu-central-1',
      AWS_ENDPOINT_URL_KMS: kms.origin,
    }
    const signer = await kmsSigner('awskms:///alias/release', { env, clock: { now: () => now } })
    expect(verifies(signer, content, await signer.sign(content))).toBe(true)
  })

  it.each([
    ['gcp-kms', 'gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k/versions/1'],
    ['azure-kms', 'azurekms://release/signing'],
  ])('asks %s about %s', async (service, reference) => {
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(kmsSigner(reference, { signal, env: {} })).rejects.toBe(signal.reason)
    await expect(kmsSigner(`${reference}?`, { env: {} })).rejects.toMatchObject({
      code: 'KMS_REFERENCE_INVALID',
      kms: { service },
    })
  })

  it.each(['', 'cosign.key', 'k8s://namespace/secret', 'https://vault.example/', 'AWSKMS:///alias/a'])(
    'refuses %j',
    async (reference) => {
      await expect(kmsSigner(reference)).rejects.toMatchObject({ code: 'KMS_REFERENCE_INVALID' })
    },
  )
})
