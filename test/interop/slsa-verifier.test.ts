import { generateKeyPairSync } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf } from '@sallyport/core'
import {
  checkVsa,
  createStatement,
  generateSigningKey,
  keySigner,
  parsePredicate,
  predicateKinds,
  predicateTypes,
  signStatement,
} from '@sallyport/attest'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runTool } from './run-tool.ts'

const subject = digestOf('image')
const verifierId = 'https://gate.example/prod'
const resourceUri = 'pkg:oci/app?repository_url=prod.example%2Fteam%2Fapp'
const levels = ['SLSA_BUILD_LEVEL_2', 'SALLYPORT_GATE_PROD']

/** A summary as the gate writes it. */
const predicate = predicateKinds.vsa.build({
  verifier: { id: verifierId, version: { '@sallyport/gate': '1.0.0' } },
  timeVerified: new Date('2026-11-25T12:00:00Z'),
  resourceUri,
  policy: { uri: 'gate.yaml', digest: digestOf('policy') },
  inputAttestations: [{ uri: `oci://prod.example/team/app@${subject}`, digest: digestOf('sbom') }],
  result: 'PASSED',
  verifiedLevels: levels,
  extensions: { 'https://sallyport.dev/decision': { tier: 'prod', waivers: [] } },
})
const statement = createStatement(
  [{ name: 'prod.example/team/app', digest: subject }],
  predicateTypes.vsa,
  predicate,
)

const rsa = generateKeyPairSync('rsa', { modulusLength: 3072 }).privateKey
const signers = {
  'ECDSA P-256': keySigner(generateSigningKey().privateKey),
  RSA: keySigner(rsa),
}

interface Expectation {
  readonly verifierId: string
  readonly resourceUri: string
  readonly minimumLevels: readonly string[]
  readonly subject: string
}
const expected: Expectation = { verifierId, resourceUri, minimumLevels: levels, subject }

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-vsa-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** What slsa-verifier says of an envelope: `accepted`, or its complaint. */
async function verifyVsa(
  envelope: Uint8Array,
  publicKey: string,
  { verifierId, resourceUri, minimumLevels, subject }: Expectation,
): Promise<string> {
  const [attestation, key] = [join(folder, 'vsa.intoto.jsonl'), join(folder, 'key.pem')]
  await writeFile(attestation, envelope)
  await writeFile(key, publicKey)
  try {
    await runTool('slsa-verifier', [
      'verify-vsa',
      ...['--subject-digest', subject],
      ...['--attestation-path', attestation],
      ...['--verifier-id', verifierId],
      ...['--resource-uri', resourceUri],
      ...minimumLevels.flatMap((level) => ['--verified-level', level]),
      ...['--public-key-path', key],
    ])
    return 'accepted'
  } catch (error) {
    const { stderr = '' } = error as { readonly stderr?: string }
    if (!stderr.includes('Verifying VSA: FAILED')) throw error
    return stderr
  }
}

/** What a consumer of ours says of the same: signature and subject are checked before, so only they are left out. */
function checkOurs({ verifierId, resourceUri, minimumLevels }: Expectation): readonly string[] {
  const said = parsePredicate(statement, predicateKinds.vsa)
  const now = new Date('2026-11-25T12:30:00Z')
  return checkVsa(said, { verifierId, resourceUri, minimumLevels, now }).problems.map(({ code }) => code)
}

describe('slsa-verifier verify-vsa', () => {
  it.each<[string, Partial<Expectation>]>([
    ['what it says', {}],
    ['a lower level of the track', { minimumLevels: ['SLSA_BUILD_LEVEL_1'] }],
    ['the gate level alone', { minimumLevels: ['SALLYPORT_GATE_PROD'] }],
  ])('accepts our summary, as checkVsa does, when asked for %s', async (_, asked) => {
    for (const signer of Object.values(signers)) {
      const { envelope, publicKey } = await signStatement(statement, signer)
      expect(await verifyVsa(envelope, publicKey, { ...expected, ...asked })).toBe('accepted')
    }
    expect(checkOurs({ ...expected, ...asked })).toEqual([])
  })

  it.each<[string, Partial<Expectation>, RegExp, readonly string[]]>([
    [
      'resource URI',
      { resourceUri: 'pkg:oci/app?repository_url=stage.example%2Fteam%2Fapp' },
      /resource URI mismatch/,
      ['resource-mismatch'],
    ],
    ['verifier', { verifierId: 'https://gate.example/stage' }, /verifier ID mismatch/, ['verifier-mismatch']],
    ['higher level', { minimumLevels: ['SLSA_BUILD_LEVEL_3'] }, /to be at least 3, got 2/, ['level-missing']],
    ['track', { minimumLevels: ['SLSA_SOURCE_LEVEL_1'] }, /SLSA level not found/, ['level-missing']],
    [
      'gate level',
      { minimumLevels: ['SALLYPORT_GATE_STAGE'] },
      /verified level not found/,
      ['level-missing'],
    ],
  ])(
    'refuses our summary, as checkVsa does, when asked for another %s',
    async (_, asked, message, problems) => {
      const { envelope, publicKey } = await signStatement(statement, signers['ECDSA P-256'])
      expect(await verifyVsa(envelope, publicKey, { ...expected, ...asked })).toMatch(message)
      expect(checkOurs({ ...expected, ...asked })).toEqual(problems)
    },
  )

  it('refuses our summary of another image, and under another key', async () => {
    const { envelope, publicKey } = await signStatement(statement, signers['ECDSA P-256'])
    const another = { ...expected, subject: digestOf('another image') }
    expect(await verifyVsa(envelope, publicKey, another)).toMatch(/expected digest not found/)
    const { publicKey: stranger } = generateSigningKey()
    expect(await verifyVsa(envelope, stranger, expected)).toMatch(/verifying envelope/)
  })

  it('refuses a summary of a failure, as checkVsa does', async () => {
    const failed = predicateKinds.vsa.build({
      verifier: { id: verifierId },
      timeVerified: new Date('2026-11-25T12:00:00Z'),
      resourceUri,
      policy: { uri: 'gate.yaml', digest: digestOf('policy') },
      result: 'FAILED',
      verifiedLevels: [],
    })
    const { envelope, publicKey } = await signStatement(
      { ...statement, predicate: failed },
      signers['ECDSA P-256'],
    )
    const asked = { ...expected, minimumLevels: [] as readonly string[] }
    expect(await verifyVsa(envelope, publicKey, asked)).toMatch(/verification result is not Passed/)
    const { problems } = checkVsa(failed, { ...asked, now: new Date('2026-11-25T12:30:00Z') })
    expect(problems.map(({ code }) => code)).toEqual(['result-failed'])
  })
})
