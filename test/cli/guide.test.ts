// Runs every command of docs/guides/cli.md and of the README of the CLI in bash, in order, as it stands there but for the
// names that stand for a reader's own: registries, digests, ids and places of the system.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { attachSignature, encryptPrivateKey, keySigner } from '@sallyport/attest'
import { parseReference, streamArchive } from '@sallyport/oci'
import { parseAdvisories } from '@sallyport/scan'
import { buildAdvisoryDatabase, pushAdvisoryDatabase } from '@sallyport/scan/database'
import { writeTrivyDatabase } from '@sallyport/test-accuracy'
import { requireTool, toolPath } from '@sallyport/test-tools'
import { createImage, createImageIndex } from '@sallyport/testkit'
import { githubClaims, type RunningSigstore, startSigstore } from '@sallyport/testkit/sigstore'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sampleImage } from '../../examples/gate/write-samples.ts'
import { sampleKey } from '../../packages/attest/src/testing/kms/signature-check.ts'
import {
  type AwsKmsDouble,
  awsIdentity,
  awsKeyArn,
  startAwsKmsDouble,
} from '../../packages/attest/src/testing/kms/aws-kms-double.ts'
import { repairedImage as debianImage } from '../../examples/scanning/write-samples.ts'
import { encodeZip } from '../../packages/scan/src/database/encode-zip.fixture.ts'
import { type Container, startContainer } from '../drift/start-container.ts'
import { caseFiles } from './cases.ts'
import { prepareContainer } from './container.ts'
import { type Prepared, prepare } from './prepare.ts'
import { program } from './run-command.ts'

const root = join(import.meta.dirname, '..', '..')

/** The lines of all blocks of commands; comments and line ends that go on are taken out. */
async function readCommands(document: string): Promise<readonly string[]> {
  const text = await readFile(join(root, document), 'utf8')
  return Array.from(text.matchAll(/^```sh\n(.*?)^```$/gms), ([, code = '']) => code)
    .flatMap((code) =>
      code
        .replaceAll(/\\\n\s*/g, '')
        .trim()
        .split('\n'),
    )
    .filter((line) => !line.startsWith('# '))
}

/** CI has it; elsewhere the one line that asks it is skipped. */
const trivy = process.env['SALLYPORT_REQUIRE_TOOLS'] === '1' ? requireTool('trivy') : toolPath('trivy')
const documents = ['docs/guides/cli.md', 'packages/cli/README.md']
const lines = (await Promise.all(documents.map(readCommands))).flat()
// `npm install` is run by examples/installs.
const commands = [...new Set(lines)].filter((line) => !line.startsWith('npm install '))

let folder: string
let at: Prepared
let container: Container
let kms: AwsKmsDouble
let sigstore: RunningSigstore
let environment: Readonly<Record<string, string>>
/** An entry of the quarantine that nobody has decided about. */
let open = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-guide-'))
  at = await prepare(folder)
  for (const [name, content] of Object.entries(caseFiles(at))) await writeFile(join(folder, name), content)
  const { rootfs } = await prepareContainer(at)
  container = await startContainer(rootfs, folder)
  // The reader writes this file after the first command.
  await rm(join(folder, 'sallyport.yaml'))
  const write = (name: string, content: string | Uint8Array) => writeFile(join(folder, name), content)
  const read = (name: string) => readFile(join(folder, name), 'utf8')
  await mkdir(join(folder, 'bin'))
  const quoted = program.map((word) => `'${word}'`).join(' ')
  await writeFile(join(folder, 'bin', 'sallyport'), `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 })
  for (const place of ['npm', '.zfunc', '.config/fish/completions', 'etc', 'other'])
    await mkdir(join(folder, place), { recursive: true })
  await write('new-gate.yaml', await read('gate.yaml'))
  await write('etc/password', 'a password\n')
  await write('tokens', 'ada=a-token-that-nobody-guesses\n')
  for (const name of ['webhook.yaml', 'admission.yaml', 'tls.crt', 'tls.key'])
    await copyFile(join(folder, name), join(folder, 'etc', name))

  // What feeds are of, and a database that somebody published.
  const records = JSON.parse(await read('advisories.json')) as readonly { readonly id: string }[]
  const npm = { schema_version: '1.7.0', id: 'GHSA-0000', modified: '2026-11-01T00:00:00Z' }
  await write('npm/all.zip', encodeZip([{ name: 'a.json', content: JSON.stringify(npm) }]))
  await write(
    'all.zip',
    encodeZip(records.map((one) => ({ name: `${one.id}.json`, content: JSON.stringify(one) }))),
  )
  const resolved = { bookworm: { status: 'resolved', fixed_version: '1.2', urgency: 'medium' } }
  await write('debian.json', JSON.stringify({ zlib: { 'CVE-2026-1': { releases: resolved } } }))
  await write(
    'kev.json',
    JSON.stringify({
      catalogVersion: '2026.11.01',
      dateReleased: '2026-11-01T00:00:00Z',
      count: 1,
      vulnerabilities: [
        {
          cveID: 'CVE-2026-0001',
          dateAdded: '2026-11-01',
          dueDate: '2026-11-22',
          knownRansomwareCampaignUse: 'Unknown',
        },
      ],
    }),
  )
  await write('records.jsonl', records.map((record) => JSON.stringify(record)).join('\n'))
  const output = join(folder, 'advisories.db')
  await buildAdvisoryDatabase({
    inputs: [{ kind: 'jsonl', name: 'sample', content: join(folder, 'records.jsonl') }],
    output,
  })
  await publish(output)
  await copyFile(join(folder, 'release.pub'), join(folder, 'advisories.pub'))

  // What the programs of `--print-code` import.
  await symlink(join(import.meta.dirname, 'node_modules'), join(folder, 'node_modules'))
  // One of those that the adapter of Trivy looks for before it believes an answer.
  const known = {
    schema_version: '1.7.0',
    id: 'CVE-2023-5363',
    modified: '2026-11-01T00:00:00Z',
    severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:L/A:N' }],
    affected: [
      {
        package: { ecosystem: 'Debian:12', name: 'openssl' },
        ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '3.0.11-1~deb12u2' }] }],
      },
    ],
  }
  if (trivy !== undefined)
    await writeTrivyDatabase(
      parseAdvisories(JSON.stringify([...records, known]), { source: 'records' }),
      join(folder, 'trivy'),
    )
  const keys = { EVIDENCE_KEY: await read('evidence.key'), RELEASE_KEY: await read('release.key') }
  await write('cosign.key', await encryptPrivateKey(keys.RELEASE_KEY, { passphrase: 'a passphrase' }))
  sigstore = await startSigstore()
  kms = await startAwsKmsDouble(() => new Date())
  const arn = awsKeyArn('1234abcd-12ab-34cd-56ef-1234567890ab')
  kms.keys.set(arn, { arn, privateKey: sampleKey('P-256') })
  for (const name of ['release', 'reviewers']) kms.aliases.set(`alias/${name}`, arn)
  environment = {
    PATH: [join(folder, 'bin'), ...(trivy ? [dirname(trivy)] : []), process.env['PATH']].join(':'),
    SALLYPORT_TRIVY_CACHE: join(folder, 'trivy'),
    SALLYPORT_SKIP_DATABASE_UPDATE: 'true',
    HOME: folder,
    ...keys,
    KEY: keys.RELEASE_KEY,
    COSIGN_PASSWORD: 'a passphrase',
    TOKEN: 'a-token-that-nobody-guesses',
    AWS_ACCESS_KEY_ID: awsIdentity.accessKeyId,
    AWS_SECRET_ACCESS_KEY: awsIdentity.secretAccessKey,
    AWS_SESSION_TOKEN: awsIdentity.sessionToken,
    AWS_REGION: 'eu-central-1',
    AWS_ENDPOINT_URL_KMS: kms.origin,
  }
  for (const name of ['team/app:1.4', 'app:1']) await at.push(name)
}, 300_000)

afterAll(async () => {
  await container?.[Symbol.asyncDispose]()
  await kms[Symbol.asyncDispose]()
  await sigstore.close()
  await at[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

async function publish(database: string): Promise<void> {
  const repository = at.client.repository({ registry: at.build.host, repository: 'security/advisories' })
  const { digest } = await pushAdvisoryDatabase(repository, database, { tag: 'v1' })
  const { descriptor } = await repository.getManifest(digest)
  const signer = keySigner(await readFile(join(folder, 'release.key'), 'utf8'))
  await attachSignature(repository, descriptor, signer, { settleMs: 0 })
}

const digestOf = (name: string) => at.production.resolve(name, '1')!

/** What a reader has of their own, in the place of the names of the guide. */
function toOwn(line: string): string {
  return line
    .replaceAll(
      /prod\.example\/team\/app@sha256:(?:0a1b)?…/g,
      () => `${at.production.host}/ready/listed@${digestOf('ready/listed')}`,
    )
    .replaceAll('prod.example/admission@sha256:0a1b…', `prod.example/admission@sha256:${'0'.repeat(64)}`)
    .replaceAll('mirror.example', `${at.production.host}/mirror`)
    .replaceAll('build.example', at.build.host)
    .replaceAll('prod.example', at.production.host)
    .replaceAll('3f2a', open)
    .replaceAll('4711', String(container.pid))
    .replaceAll('/var/lib/containerd/…/fs', container.upper)
    .replaceAll('/run/secrets/registry', 'etc/password')
    .replaceAll('/etc/sallyport/', `${folder}/etc/`)
    .replaceAll('/etc/bash_completion.d/', `${folder}/etc/`)
    .replaceAll('127.0.0.1:8080', '127.0.0.1:0')
    .replaceAll('0.0.0.0:8443', '0.0.0.0:0')
}

/** Runs a line in bash; one that goes on until it is told to end is told so once `until` was printed. */
async function runLine(line: string, until?: RegExp): Promise<readonly [number | null, string]> {
  const child = spawn('bash', ['-euo', 'pipefail', '-c', until ? `exec ${line}` : line], {
    cwd: folder,
    env: line.startsWith('node ')
      ? { ...environment, NODE_OPTIONS: '--conditions=@sallyport/source' }
      : environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 100_000,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      if (until?.test(output)) child.kill('SIGINT')
    })
  const [code] = (await once(child, 'close')) as [number | null]
  return [code, output]
}

/** Has an image stopped, so that there is something to decide about. */
async function stop(): Promise<void> {
  const name = `stopped/app:${commands.length}${open.slice(0, 8)}`
  const from = await at.push(name, sampleImage({ tool: true, version: name }))
  const [, output] = await runLine(`sallyport promote ${from} ${at.to(name)} --json`)
  open = (JSON.parse(output) as { readonly result: { readonly quarantine: { readonly id: string } } }).result
    .quarantine.id
}

async function promoteReady(...words: readonly string[]): Promise<void> {
  const [code, output] = await runLine(['sallyport promote', ...words].join(' '))
  expect(code, output).toBe(0)
}

async function writeRequirements(repository: string): Promise<void> {
  const guide = await readFile(join(root, documents[0]!), 'utf8')
  const [, block = ''] = /^```yaml\n(version: 1\nrequirements:.*?)^```$/ms.exec(guide) ?? []
  const own = repository.slice(repository.lastIndexOf('/') + 1)
  const uri = `pkg:oci/${own}?repository_url=${encodeURIComponent(`${at.production.host}/${repository}`)}`
  await writeFile(join(folder, 'requirements.yaml'), block.replace(/pkg:oci\S+/, uri))
}

async function exportListed(): Promise<void> {
  await writeRequirements('ready/listed')
  const tar = spawn('tar', [
    '--create',
    '--file',
    join(folder, 'app.tar'),
    '--directory',
    join(folder, 'rootfs'),
    '.',
  ])
  await once(tar, 'close')
}

/** What has to be there before a line, where that is not what lines above it left. */
const before: readonly (readonly [RegExp, () => Promise<unknown>])[] = [
  [
    /^sallyport advisories pull/,
    async () => {
      const guide = await readFile(join(root, documents[0]!), 'utf8')
      const [, block = ''] = /^```yaml\n(policy: .*?)^```$/ms.exec(guide) ?? []
      await writeFile(join(folder, 'sallyport.yaml'), block)
      // The database that lines above built anew is not that of the example.
      await publish(join(folder, 'advisories.db'))
    },
  ],
  // Trivy knows the distribution by another file than our own inventory.
  [/--scanner trivy/, () => at.push('app:1', debianImage)],
  [
    /--config keyless\.yaml/,
    async () => {
      const guide = await readFile(join(root, documents[0]!), 'utf8')
      const [, block = ''] = /^```yaml\n(policy: [^`]*?signingConfig: [^`]*?)^```$/ms.exec(guide) ?? []
      const own = block.replace(/^certificateIssuer: .*$/m, `certificateIssuer: ${sigstore.oidcUrl}`)
      await writeFile(join(folder, 'keyless.yaml'), own)
      await writeFile(join(folder, 'signing_config.json'), JSON.stringify(sigstore.signingConfig))
      await writeFile(join(folder, 'trusted_root.json'), JSON.stringify(sigstore.trustedRoot))
      const claims = githubClaims({ repository: 'team/app', workflow: '.github/workflows/promote.yml' })
      environment = { ...environment, SIGSTORE_ID_TOKEN: sigstore.issueToken({ claims }) }
      await at.push('app:1')
    },
  ],
  [/^sallyport scan build/, () => at.push('app:1')],
  [/^sallyport quarantine (?:show|approve|reject)/, stop],
  [
    /oci:image:1 (?:--advisories|oci:smaller)/,
    () => runLine(`rm -rf image; sallyport copy ${at.build.host}/app:1 oci:image:1`),
  ],
  [
    /--platform linux\/arm64/,
    () =>
      at.push(
        'app:1',
        createImageIndex({
          'linux/amd64': sampleImage(),
          'linux/arm64': createImage({
            layers: [
              {
                files: {
                  '/etc/os-release': 'ID=debian\nVERSION_ID=12\n',
                  '/var/lib/dpkg/status':
                    'Package: app\nStatus: install ok installed\nArchitecture: arm64\nVersion: 1.0\nDescription: app\n',
                },
              },
            ],
            platform: 'linux/arm64',
          }),
        }),
      ),
  ],
  [/^sallyport harden build/, () => at.push('app:1')],
  [
    /^sallyport verify .*--public-key/,
    () => promoteReady(`${at.build.host}/app:1`, `${at.production.host}/app:1`),
  ],
  [/^sallyport verify .*--requirements/, () => writeRequirements('app')],
  [
    /^sallyport policy explain/,
    () =>
      promoteReady(`${at.build.host}/app:1`, at.to('facts/app:1'), '--report decision.json --facts facts'),
  ],
  [/^sallyport drift/, exportListed],
  [
    /^sallyport inspect docker-archive/,
    async () => {
      const reference = parseReference(`${at.build.host}/team/app:1.4`)
      const repository = at.client.repository(reference)
      const { descriptor } = await repository.getManifest('1.4')
      const archive = streamArchive(repository, [{ descriptor, tag: '1.4' }], { docker: reference })
      await writeFile(join(folder, 'app.tar'), archive)
    },
  ],
  [
    /^sallyport admission check/,
    () => copyFile(join(folder, 'etc', 'admission.yaml'), join(folder, 'admission.yaml')),
  ],
]
/** Lines that end only when they are told to, and what they have printed by then. */
const endless: readonly (readonly [RegExp, RegExp])[] = [
  [/^sallyport quarantine serve/, /Ctrl-C ends it/],
  [/--listen /, /listening on/],
  [/^sallyport admission serve \/etc/, /listening/],
]
/** Lines that end otherwise than with 0, and why. */
const codes: readonly (readonly [RegExp, number, string])[] = [
  [/^sallyport scan /, 1, 'the image has what the advisories are about'],
  [/^sallyport audit .*--report/, 1, 'lines above copied images without their evidence'],
]

describe('the guide to the command line', () => {
  it('has commands', () => {
    expect(commands.length).toBeGreaterThan(50)
  })

  const runnable = commands.filter((line) => trivy !== undefined || !line.includes('--scanner trivy'))
  it.each(runnable)('%s', async (line) => {
    for (const [pattern, arrange] of before) if (pattern.test(line)) await arrange()
    const until = endless.find(([pattern]) => pattern.test(line))?.[1]
    const [code, output] = await runLine(toOwn(line), until)
    const expected = until ? 130 : (codes.find(([pattern]) => pattern.test(line))?.[1] ?? 0)
    expect(code, output).toBe(expected)
  })
})
