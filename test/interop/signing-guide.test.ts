import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { generateSigningKey, keySigner, readEvidence } from '@sallyport/attest'
import { createRegistryClient, type RegistryClient } from '@sallyport/oci'
import { requireTool, type RunningRegistry, startOlareg } from '@sallyport/test-tools'
import { createSigstore } from '@sallyport/testkit/sigstore'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type SampleServices, startSampleServices } from '../../examples/signing/sample-services.ts'
import { type sampleNames, type Samples, writeSamples } from '../../examples/signing/write-samples.ts'

// Every shell command of the guide is run as it stands there, against what the guide's own code wrote.
const guide = await readFile(join(import.meta.dirname, '..', '..', 'docs', 'guides', 'signing.md'), 'utf8')

const toolList = join(import.meta.dirname, '..', 'tools', 'tools.json')

interface ToolList {
  readonly go: Readonly<Record<'cosign' | 'slsa-verifier', { readonly version: string }>>
}

interface Block {
  readonly language: string
  readonly code: string
  /** The heading above it. */
  readonly section: string
}

const blocks = readBlocks(guide)
const shell = blocks.filter(({ language }) => language === 'sh')

/** What comes of a block of commands, in the order of the guide. */
interface Expectation {
  readonly section: string
  /** A text of the block, to tell blocks of a section apart and to keep both lists in step. */
  readonly has: string
  /** The image that `$IMAGE` is. Default: none. */
  readonly image?: (typeof sampleNames)[number]
  /** What is printed on either stream; what is listed twice is there at least twice. */
  readonly prints: readonly (string | RegExp)[]
  /** Whether strangers' keys and roots in the same files must make it fail. */
  readonly judges?: boolean
  readonly after?: () => Promise<void>
}

/** How cosign, slsa-verifier and diff refuse what others signed. */
const refusals = /no matching (?:attestations|signatures)|do not match threshold|^> .*$/m

const verified = 'The cosign claims were validated'
const byKey = 'The signatures were verified against the specified public key'
const byAuthority =
  'The code-signing certificate was verified using trusted certificate authority certificates'
const bundleSignature = '"type":"https://sigstore.dev/cosign/sign/v1"'
const tagSignature = '"type":"cosign container image signature"'
const envelope = '"payloadType":"application/vnd.in-toto+json"'

const expectations: readonly Expectation[] = [
  {
    section: 'Keys',
    has: 'generate-key-pair',
    prints: ['Private key written to cosign.key', 'Public key written to cosign.pub'],
    after: async () => {
      const signer = keySigner(await readFile(join(folder, 'cosign.key'), 'utf8'), {
        passphrase: services.environment['COSIGN_PASSWORD'],
      })
      expect(signer.publicKey).toBe(await readFile(join(folder, 'cosign.pub'), 'utf8'))
    },
  },
  { section: 'Keys', has: 'diff - release.pub', prints: [], judges: true },
  {
    section: 'Keys',
    has: 'import-key-pair',
    prints: ['Private key written to imported.key'],
    after: async () => {
      const plain = keySigner(await readFile(join(folder, 'plain.key'), 'utf8'))
      expect(plain.publicKey).toBe(await readFile(join(folder, 'imported.pub'), 'utf8'))
    },
  },
  {
    section: 'Check with cosign',
    has: '--insecure-ignore-tlog=true "$IMAGE"',
    image: 'app',
    prints: [verified, byKey, bundleSignature, '"type":"https://cyclonedx.org/bom"'],
    judges: true,
  },
  {
    section: 'Check with cosign',
    has: '--new-bundle-format=false',
    image: 'app',
    prints: [verified, byKey, tagSignature],
    judges: true,
  },
  {
    section: 'Check with cosign',
    has: 'verify-attestation',
    image: 'app',
    prints: [byKey, envelope, byKey, envelope, byKey, envelope],
    judges: true,
  },
  {
    section: 'Check with cosign',
    has: 'cosign tree',
    image: 'app',
    prints: [
      /Attestations for an image tag: .*\.att\n/,
      /Signatures for an image tag: .*\.sig\n/,
      'https://sigstore.dev/cosign/sign/v1 artifacts via OCI referrer',
      'https://cyclonedx.org/bom artifacts via OCI referrer',
      'https://slsa.dev/verification_summary/v1 artifacts via OCI referrer',
    ],
  },
  {
    section: 'Check with cosign',
    has: 'cosign sign',
    image: 'theirs',
    prints: [],
    after: async () => {
      const keys = [await readFile(join(folder, 'release.pub'), 'utf8')]
      const { verified } = await readEvidence(samples.repository('theirs'), samples.digest, { keys })
      expect(verified.map(({ store }) => store).toSorted()).toEqual(['bundle', 'legacy-signature'])
    },
  },
  {
    section: 'Check with slsa-verifier',
    has: 'verify-vsa',
    image: 'app',
    prints: ['Verifying VSA: PASSED'],
    judges: true,
  },
  {
    section: 'Trusted root by TUF',
    has: 'cosign initialize',
    image: 'keyless',
    prints: [verified, byAuthority, bundleSignature],
  },
  {
    section: 'Check keyless signatures',
    has: 'cosign verify --trusted-root trusted-root.json "$IMAGE"',
    image: 'keyless',
    prints: [verified, byAuthority, bundleSignature],
    judges: true,
  },
  {
    section: 'Check keyless signatures',
    has: '--new-bundle-format=false',
    image: 'logged',
    prints: [verified, byAuthority, tagSignature],
    judges: true,
  },
  {
    section: 'Check keyless signatures',
    has: '--use-signed-timestamps',
    image: 'keyless',
    prints: [verified, byAuthority, tagSignature],
    judges: true,
  },
  {
    section: 'Key management services',
    has: 'hashivault://release',
    image: 'service',
    prints: [byKey, bundleSignature, byKey, bundleSignature],
  },
  {
    section: 'Rotate keys',
    has: 'old.pub',
    image: 'rotated',
    prints: [byKey, bundleSignature, byKey, bundleSignature],
    judges: true,
  },
  {
    section: 'Rotate keys',
    has: '--use-signed-timestamps',
    image: 'timed',
    prints: [byKey, bundleSignature],
    judges: true,
  },
  {
    section: 'Move from tags to bundles',
    has: 'cosign clean',
    image: 'moved',
    prints: [byKey, byKey, /Removed .*\.sig/, /Removed .*\.att/, byKey, bundleSignature],
    judges: true,
  },
  {
    section: 'Bundles in files',
    has: 'verify-blob-attestation',
    image: 'app',
    prints: ['Verified OK'],
    judges: true,
  },
]

let directory: string
let folder: string
let registry: RunningRegistry
let client: RegistryClient
let services: SampleServices
let samples: Samples

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-signing-guide-'))
  folder = join(directory, 'files')
  for (const name of ['bin', 'home', 'files', 'registry']) await mkdir(join(directory, name))
  for (const tool of ['cosign', 'slsa-verifier'])
    await symlink(requireTool(tool), join(directory, 'bin', tool))
  registry = await startOlareg({ directory: join(directory, 'registry') })
  services = await startSampleServices()
  client = createRegistryClient()
  samples = await writeSamples({ client, host: registry.host, folder, services })
}, 120_000)
afterAll(async () => {
  await client?.close()
  await services?.[Symbol.asyncDispose]()
  await registry?.stop()
  await rm(directory, { recursive: true, force: true })
})

describe('docs/guides/signing.md', () => {
  it.each(['cosign', 'slsa-verifier'] as const)('names the version of %s that runs here', async (tool) => {
    const { go } = JSON.parse(await readFile(toolList, 'utf8')) as ToolList
    expect(guide.replaceAll('\n', ' ')).toContain(`${tool} ${go[tool].version.slice(1)}`)
  })

  it('has commands in blocks of `sh` alone, each with an expectation here', () => {
    const languages = new Set(blocks.map(({ language }) => language))
    expect([...languages].toSorted()).toEqual(['sh', 'ts', 'yaml'])
    expect(shell.map(({ section }) => section)).toEqual(expectations.map(({ section }) => section))
    for (const [index, { has }] of expectations.entries()) expect(shell[index]?.code).toContain(has)
  })

  it.each(expectations.map((expectation, index) => ({ ...expectation, index })))(
    '$section: the commands with $has do what it says',
    async ({ index, image, prints, judges = false, after }) => {
      const code = shell[index]?.code ?? ''
      const ran = await runBlock(code, folder, image)
      expect(ran).toMatchObject({ status: 0 })
      for (const text of new Set(prints)) {
        const wanted = prints.filter((each) => each === text).length
        expect(countIn(ran.output, text), `${text} in ${ran.output}`).toBeGreaterThanOrEqual(wanted)
      }
      await after?.()
      if (!judges) return
      // Each command by itself: one that believes everybody would be hidden by the next.
      const strangers = await copyForStrangers()
      for (const command of splitCommands(code)) {
        if (!/verify|diff/.test(command)) continue
        const refused = await runBlock(command, strangers, image)
        expect(refused.status, command).not.toBe(0)
        expect(refused.output, command).toMatch(refusals)
      }
    },
  )
})

/** A copy of the folder, as it is now, in which every public key and root is somebody else's. */
async function copyForStrangers(): Promise<string> {
  const copy = await mkdtemp(join(directory, 'strangers-'))
  await cp(folder, copy, { recursive: true })
  const { publicKey } = generateSigningKey()
  for (const name of ['release.pub', 'old.pub']) await writeFile(join(copy, name), publicKey)
  await writeFile(join(copy, 'trusted-root.json'), JSON.stringify(createSigstore().trustedRoot))
  return copy
}

/** Runs commands as a user would, with the first that fails ending them. */
async function runBlock(
  code: string,
  cwd: string,
  image: string | undefined,
): Promise<{ readonly status: number; readonly output: string }> {
  const env = {
    ...services.environment,
    HOME: join(directory, 'home'),
    PATH: [join(directory, 'bin'), process.env['PATH']].join(delimiter),
    ISSUER: services.sigstore.oidcUrl,
    MIRROR: services.sigstore.tufUrl,
    ...(image === undefined ? {} : { IMAGE: `${registry.host}/team/${image}@${samples.digest}` }),
  }
  return new Promise((resolve) => {
    const options = { cwd, env, timeout: 60_000, maxBuffer: 16 * 1024 * 1024 }
    const script = `exec 2>&1\n${code}`
    execFile('bash', ['-euo', 'pipefail', '-c', script], options, (error, stdout) => {
      resolve({
        status: error === null ? 0 : typeof error.code === 'number' ? error.code : -1,
        output: stdout,
      })
    })
  })
}

/** The commands of a block: lines, with those that go on in the next one. */
function splitCommands(code: string): readonly string[] {
  return code.split(/(?<![\\|])\n/).filter((command) => command.trim() !== '')
}

/** How often a text is in an output. */
function countIn(output: string, text: string | RegExp): number {
  if (typeof text === 'string') return output.split(text).length - 1
  return output.match(new RegExp(text, 'g'))?.length ?? 0
}

function readBlocks(document: string): readonly Block[] {
  let section = ''
  const found: Block[] = []
  const parts = /^#+ (.+)$|^```(.*)\n([^]*?)^```$/gm
  for (const [, heading, language = '', code = ''] of document.matchAll(parts)) {
    section = heading ?? section
    if (heading === undefined) found.push({ language, code, section })
  }
  return found
}
