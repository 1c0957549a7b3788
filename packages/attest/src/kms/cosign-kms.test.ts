import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attachAttestation, attachSignature } from '../storage/attach.ts'
import { createStatement, predicateTypes } from '../statement/statement.ts'
import { awsIdentity, awsKeyArn, startAwsKmsDouble } from '../testing/kms/aws-kms-double.ts'
import { sampleKey } from '../testing/kms/signature-check.ts'
import { startVaultDouble } from '../testing/kms/vault-double.ts'
import { startSampleRepository } from '../testing/sample-repository.ts'
import { readEvidence } from '../verify/read-evidence.ts'
import { kmsSigner } from './kms-signer.ts'

const cache = process.env['SALLYPORT_CACHE'] || join(homedir(), '.cache', 'sallyport')
const command = join(cache, 'tools', 'cosign-v3.1.2', 'cosign')
const hasCosign = existsSync(command)
const createdAt = new Date('2026-03-01T12:00:00Z')
const arn = awsKeyArn('1234abcd-12ab-34cd-56ef-1234567890ab')

/** The services with one key each, and what both we and cosign are told about them. */
const services = [
  {
    reference: 'hashivault://release',
    async start(kind: string) {
      const double = await startVaultDouble()
      double.keys.set('release', {
        type: kind.replace('P-', 'ecdsa-p'),
        versions: [sampleKey(kind)],
      })
      return { double, env: { VAULT_ADDR: double.origin, VAULT_TOKEN: 'hvs.a-token-of-vault' } }
    },
  },
  {
    reference: 'awskms:///alias/release',
    async start(kind: string) {
      const double = await startAwsKmsDouble(() => new Date())
      double.keys.set(arn, { arn, privateKey: sampleKey(kind) })
      double.aliases.set('alias/release', arn)
      const env = {
        AWS_ACCESS_KEY_ID: awsIdentity.accessKeyId,
        AWS_SECRET_ACCESS_KEY: awsIdentity.secretAccessKey,
        AWS_SESSION_TOKEN: awsIdentity.sessionToken,
        AWS_REGION: 'eu-central-1',
        AWS_ENDPOINT_URL_KMS: double.origin,
      }
      return { double, env }
    },
  },
] as const

describe.skipIf(!hasCosign)(
  `cosign 3.1.2${hasCosign ? '' : ' (skipped: install it with node test/tools/install.mjs cosign)'}`,
  { timeout: 60_000 },
  () => {
    let folder = ''
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'sallyport-cosign-kms-'))
    })
    afterAll(() => rm(folder, { recursive: true, force: true }))

    async function cosign(services: Record<string, string>, ...args: string[]): Promise<string> {
      const env = { HOME: folder, PATH: '', ...services }
      const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
      let output = ''
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => (output += text))
      const [code] = (await once(child, 'close')) as [number]
      return `${code} ${output}`
    }
    const insecure = ['--insecure-ignore-tlog=true', '--allow-http-registry']
    const offline = ['--use-signing-config=false', '--tlog-upload=false', '--allow-http-registry', '-y']
    const cases = services.flatMap((service) =>
      ['P-256', 'rsa-2048'].map((kind) => [service.reference, kind, service] as const),
    )

    it.each(cases)(
      'verifies what %s signed here with a key %s, by PEM and by reference',
      async (reference, kind, service) => {
        const { double, env } = await service.start(kind)
        await using _service = double
        await using target = await startSampleRepository()
        const { repository, subject } = target
        const image = `${target.reference}@${subject.digest}`
        const signer = await kmsSigner(reference, { env })
        const statement = createStatement([{ digest: subject.digest }], predicateTypes.cyclonedx, {
          bomFormat: 'CycloneDX',
        })
        const options = { createdAt, settleMs: 0 }
        await attachAttestation(repository, subject, statement, signer, options)
        await attachSignature(repository, subject, signer, { ...options, reference: target.reference })

        expect(await cosign(env, 'public-key', '--key', reference)).toBe(`0 ${signer.publicKey}`)
        await writeFile(join(folder, 'release.pub'), signer.publicKey)
        for (const key of ['release.pub', reference]) {
          expect(await cosign(env, 'verify', '--key', key, ...insecure, image)).toMatch(/^0 /)
          const attested = ['verify-attestation', '--key', key, '--type', 'cyclonedx']
          expect(await cosign(env, ...attested, ...insecure, image)).toMatch(/^0 /)
        }
        await writeFile(join(folder, 'other.pub'), (await kmsSignerOfOther(service)).publicKey)
        expect(await cosign(env, 'verify', '--key', 'other.pub', ...insecure, image)).not.toMatch(/^0 /)
      },
    )

    it.each(cases)('signs with %s and a key %s what is read here', async (reference, kind, service) => {
      const { double, env } = await service.start(kind)
      await using _service = double
      await using target = await startSampleRepository()
      const { repository, subject } = target
      const image = `${target.reference}@${subject.digest}`
      for (const form of ['true', 'false']) {
        const format = `--new-bundle-format=${form}`
        expect(await cosign(env, 'sign', '--key', reference, format, ...offline, image)).toMatch(/^0 /)
      }
      const { publicKey, keyId } = await kmsSigner(reference, { env })
      const report = await readEvidence(repository, subject.digest, { keys: [publicKey] })
      expect(report.rejected).toEqual([])
      expect(report.verified.map(({ store, signer }) => [store, signer])).toEqual([
        ['bundle', { kind: 'key', keyId }],
        ['legacy-signature', { kind: 'key', keyId }],
      ])
    })

    async function kmsSignerOfOther(service: (typeof services)[number]) {
      const { double, env } = await service.start('P-521')
      await using _service = double
      return await kmsSigner(service.reference, { env })
    }
  },
)
