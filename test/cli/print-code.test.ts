import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sampleImage } from '../../examples/gate/write-samples.ts'
import { commands } from '../../packages/cli/src/command-table.ts'
import { caseFiles, commandCases, type Situation } from './cases.ts'
import { driftWords, prepareContainer } from './container.ts'
import { prepare } from './prepare.ts'
import { program, runCommand } from './run-command.ts'

let folder: string
let at: Situation
let environment: Readonly<Record<string, string>>
const root = join(import.meta.dirname, '..', '..')
let programs: string
const printed = new Map<string, string>()

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-code-'))
  at = { ...(await prepare(folder)), open: () => '0123456789abcdef0123456789abcdef' }
  for (const [name, content] of Object.entries(caseFiles(at))) await writeFile(join(folder, name), content)
  await at.push('team/app:1')
  await at.push('team/bad:1', sampleImage({ tool: true }))
  const records = JSON.parse(await readFile(join(folder, 'advisories.json'), 'utf8')) as readonly object[]
  await writeFile(join(folder, 'records.jsonl'), records.map((record) => JSON.stringify(record)).join('\n'))
  await at.push('signed/app:1')
  await writeFile(join(folder, 'keyless.yaml'), 'advisories: advisories.json\n')
  environment = { SIGNING_KEY: await readFile(join(folder, 'release.key'), 'utf8') }
  // Programs are checked and run where the packages of this folder are found.
  programs = join(folder, 'programs')
  await mkdir(programs)
  await symlink(join(import.meta.dirname, 'node_modules'), join(programs, 'node_modules'))
  await writeFile(join(programs, 'package.json'), '{ "type": "module" }')
  const ready = await runCommand(folder, ['promote', `${at.build.host}/team/app:1`, at.to('ready/app:1')])
  expect(ready, ready.stderr).toMatchObject({ code: 0 })
  await prepareContainer(at)
  for (const [name, words] of cases()) {
    const { code, stdout, stderr } = await runCommand(folder, [...words, '--print-code'])
    expect({ name, code, stderr }).toEqual({ name, code: 0, stderr: '' })
    const file = join(programs, `${name.replaceAll(' ', '-')}.ts`)
    await writeFile(file, stdout)
    printed.set(name, file)
  }
}, 600_000)

afterAll(async () => {
  await at.client.close()
  await Promise.all([at.build.close(), at.production.close()])
  await rm(folder, { recursive: true })
})

const asIdentity = [
  '--signing-config',
  'signing_config.json',
  '--trusted-root',
  'trusted_root.json',
  '--certificate-identity',
  'release@acme.test',
  '--certificate-issuer',
  'https://issuer.acme.test',
]

/** The success of every command, and more of those that print different programs. */
function cases(): readonly (readonly [string, readonly string[]])[] {
  const more = (name: string, ...words: readonly string[]) =>
    commandCases[name]!.success.words(at).concat(words)
  return [
    ...commands
      .filter(({ name, hasCode }) => hasCode !== false && name !== 'advisories status')
      .map(({ name }) => [name, commandCases[name]!.success.words(at)] as const),
    ['advisories status', ['advisories', 'status', '--advisories', 'advisories.json']],
    [
      'promote plan',
      more('promote', '--plan', '--report', 'plan.md', '--no-harden', '--waivers', 'waivers.yaml'),
    ],
    [
      'promote facts',
      more(
        'promote',
        '--facts',
        'facts',
        '--scanner',
        'builtin',
        '--scanner',
        'trivy',
        '--scanner',
        'grype',
        '--scanner',
        'osv-scanner',
      ),
    ],
    ['promote bad', commandCases['promote']!.failure!.words(at)],
    ['scan plain', ['scan', `${at.build.host}/team/app:1`, '--config', 'plain.yaml', '--fail-on', 'high']],
    [
      'scan login',
      [
        ...more('scan'),
        '--login',
        'r.example=me',
        '--password',
        'env://PASSWORD',
        '--unsafe-plain-http',
        'r.example',
      ],
    ],
    [
      'verify file',
      [
        'verify',
        at.to('live/app:1'),
        '--requirements',
        'requirements.yaml',
        '--trusted-root',
        'root.json',
        '--certificate-identity',
        'me',
        '--certificate-issuer',
        'https://issuer.example',
      ],
    ],
    [
      'monitor listen',
      [
        'monitor',
        'r.example',
        '--watch',
        'watch.yaml',
        '--listen',
        '127.0.0.1:0',
        '--webhook-token',
        'env://TOKEN',
        '--alerts',
        'a.ndjson',
      ],
    ],
    [
      'advisories push',
      [
        'advisories',
        'build',
        '-o',
        'x.db',
        '--osv',
        'n=records.jsonl',
        '--push',
        'r.example/a:1',
        '--signing-key',
        'env://KEY',
      ],
    ],
    ['drift changed', commandCases['drift']!.failure!.words(at)],
    [
      'drift export',
      [...driftWords(at), '--export', 'a.tar', '--writable', '/data', '--platform', 'linux/amd64'],
    ],
    [
      'drift upper',
      [...driftWords(at).slice(0, 4), '--pid', '1', '--upper', 'u', '--image-id', `sha256:${'0'.repeat(64)}`],
    ],
    ['drift rootless', [...driftWords(at), '--upper', 'u', '--userxattr']],
    ['admission listen', ['admission', 'serve', 'webhook.yaml']],
    ['quarantine page', ['quarantine', 'serve', '--approver', 'Ada']],
    [
      'quarantine team',
      [
        'quarantine',
        'serve',
        '--token-file',
        'env://TOKENS',
        '--reviewer-key',
        'awskms:///alias/reviewers',
        '--listen',
        '0.0.0.0:8443',
        '--tls-cert',
        'tls.crt',
        '--tls-key',
        'tls.key',
        '--public-url',
        'https://gate.example:8443',
      ],
    ],
    [
      'admission revoked',
      [
        ...more('admission check'),
        '--revocations',
        'r.yaml',
        '--trusted-root',
        'root.json',
        '--namespace',
        'prod',
      ],
    ],
    ['admission secret', [...more('admission manifests'), '--webhook-authority', 'tls.crt']],
    ['harden plan', ['harden', `${at.build.host}/team/app:1`, '--plan', '-o', 'plan.json']],
    [
      'attest sbom',
      [
        'attest',
        at.to('live/app:1'),
        '--type',
        'cyclonedx',
        '--predicate',
        'app.cdx.json',
        '--signing-key',
        'awskms:///alias/key',
      ],
    ],
    ['attest keyless', ['attest', at.to('live/app:1'), ...asIdentity, '--identity-token', 'env://TOKEN']],
    [
      'promote keyless',
      more(
        'promote',
        '--config',
        'keyless.yaml',
        '--policy',
        'gate.yaml',
        ...asIdentity,
        '--release-key',
        'release.key',
      ),
    ],
    [
      'audit all',
      [
        ...more('audit'),
        '--policy',
        'gate.yaml',
        '--report',
        'a.html',
        '--report',
        'a.csv',
        '--report',
        'a.sarif',
        '--max-requests',
        '9',
      ],
    ],
  ]
}

/** Runs a printed program where the command would run. */
async function runProgram(name: string): Promise<number> {
  try {
    await promisify(execFile)(process.execPath, [...program.slice(1, -1), printed.get(name)!], {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, NODE_NO_WARNINGS: '1', ...environment },
    })
    return 0
  } catch (error) {
    const { code, stderr } = error as { readonly code: number; readonly stderr: string }
    if (/^(Type|Reference|Syntax)?Error/m.test(stderr))
      throw new Error(`${name}: ${stderr}`, { cause: error })
    return code
  }
}

describe('--print-code', () => {
  it('is checked outside of the repository', async () => {
    expect(await readdir(import.meta.dirname)).not.toContain('temp')
    expect([...printed.values()].filter((file) => !file.startsWith(folder))).toEqual([])
  })

  it('prints programs that fit the packages', async () => {
    await writeFile(
      join(programs, 'tsconfig.json'),
      JSON.stringify({
        extends: join(root, 'tsconfig.base.json'),
        compilerOptions: { typeRoots: [join(root, 'node_modules', '@types')] },
        include: ['.'],
      }),
    )
    const { stdout } = await promisify(execFile)('tsc', ['-p', programs]).catch(
      (error: { readonly stdout: string }) => error,
    )
    expect(stdout).toBe('')
  }, 600_000)

  it.each([
    ['promote', 0],
    ['promote bad', 1],
    ['verify', 0],
    ['scan', 0],
    ['scan plain', 1],
    ['policy test', 0],
    ['policy check', 0],
    ['sbom', 0],
    ['copy', 0],
    ['harden', 0],
    ['inspect', 0],
    ['quarantine list', 0],
    ['quarantine serve', 0],
    ['drift', 0],
    ['drift changed', 1],
    ['admission serve', 0],
    ['admission check', 0],
    ['admission manifests', 0],
    ['attest', 0],
    ['audit', 0],
    ['monitor', 0],
    ['policy effective', 0],
    ['promote plan', 1],
    ['harden plan', 0],
    ['advisories build', 0],
    ['advisories status', 0],
  ] as const)('%s ends as the command does', async (name, code) => {
    const words = cases().find(([each]) => each === name)![1]
    const asProgram = await runProgram(name)
    const asCommand = await runCommand(folder, words, { environment })
    expect({ name, asProgram, asCommand: asCommand.code }, asCommand.stderr).toEqual({
      name,
      asProgram: code,
      asCommand: code,
    })
  })
})
