import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateSigningKey, keySigner, readEvidence } from '@sallyport/attest'
import { createGate, type Gate, type GateOptions, sqliteJournal, sqliteQuarantine } from '@sallyport/gate'
import { createRegistryClient } from '@sallyport/oci'
import { parsePolicy } from '@sallyport/policy'
import { builtinScanner, parseAdvisories } from '@sallyport/scan'
import { createImage, pushImage, startRegistry } from '@sallyport/testkit'
import type { AuditRecord } from '../audit-record.ts'
import { flagged } from '../deployments/record.fixture.ts'
import { planRepairs, type PlanRepairsOptions } from './plan-repairs.ts'
import { repair, type RepairOptions } from './repair.ts'
import type { RepairPlan } from './repair-plan.ts'
import type { RepairReport } from './repair-report.ts'

/** Time of the tests. */
const now = new Date('2026-11-25T12:00:00.000Z')

const stanza = (name: string): string =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0\nDescription: of a test\n`

/** A Debian image; of its packages, hardening removes `left-over`, and a critical flaw of `broken` is known. */
export function smallImage(name: string, { isBroken = false } = {}) {
  const packages = ['app', 'left-over', ...(isBroken ? ['broken'] : [])]
  return createImage({
    layers: [
      {
        files: {
          '/etc/os-release': 'ID=debian\nVERSION_ID=12\n',
          '/usr/bin/app': { content: `the application ${name}`, mode: 0o755 },
          '/usr/bin/left-over': { content: 'a tool that only the build needed', mode: 0o755 },
          '/var/lib/dpkg/status': packages.map(stanza).join('\n'),
          '/var/lib/dpkg/info/app.list': '/etc/os-release\n/usr/bin/app\n',
          '/var/lib/dpkg/info/left-over.list': '/usr/bin/left-over\n',
          ...(isBroken && { '/var/lib/dpkg/info/broken.list': '/usr/bin/app\n' }),
        },
      },
    ],
    config: { Entrypoint: ['/usr/bin/app'] },
  })
}

const policy = parsePolicy(
  `version: 1
tiers:
  prod:
    thresholds: [{ name: nothing critical, severity: critical, max: 0 }]
`,
  { source: 'gate.yaml' },
)

const advisory = {
  schema_version: '1.7.0',
  id: 'CVE-2026-1001',
  modified: '2026-11-24T00:00:00Z',
  published: '2026-11-01T00:00:00Z',
  summary: 'a flaw of broken',
  severity: [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' }],
  affected: [
    {
      package: { ecosystem: 'Debian:12', name: 'broken' },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: '99' }] }],
    },
  ],
}

/** A registry in the process, and a gate of real parts that hardens; only the clock stands still. */
export async function openRepairTest() {
  const registry = await startRegistry()
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-repair-'))
  const client = createRegistryClient({
    credentials: { find: async () => undefined },
    sleep: async (_ms, signal) => signal?.throwIfAborted(),
  })
  const keys = {
    evidence: generateSigningKey(),
    release: generateSigningKey(),
    backfill: generateSigningKey(),
  }
  let time = now.getTime()
  const clock = { now: () => new Date(time) }
  const journal = sqliteJournal(':memory:')
  const quarantine = sqliteQuarantine(':memory:', { clock })
  const parts: GateOptions = {
    policy,
    scanners: [builtinScanner({ advisories: parseAdvisories([advisory], { source: 'test' }) })],
    harden: true,
    signer: { evidence: keySigner(keys.evidence.privateKey), release: keySigner(keys.release.privateKey) },
    journal,
    quarantine,
    repository: (reference) => client.repository(reference),
    workDirectory: directory,
    settleMs: 0,
    clock,
  }
  const repository = (path: string) => client.repository({ registry: registry.host, repository: path })
  return {
    registry,
    clock,
    journal,
    directory,
    gate: createGate(parts) as Gate,
    open: (options: Partial<GateOptions>) => createGate({ ...parts, ...options }),
    backfillSigner: keySigner(keys.backfill.privateKey),
    releaseSigner: keySigner(keys.release.privateKey),
    advance: (ms: number) => void (time += ms),
    repository,
    /** Pushes an image, and returns the record that an audit would make of it. */
    async push(
      problem: Parameters<typeof flagged>[0],
      {
        path = 'prod/app',
        tags = ['1'],
        isBroken = false,
        ...fields
      }: Partial<AuditRecord> & PushFields = {},
    ) {
      const image = smallImage(`${path} ${tags.join()}`, { isBroken })
      await pushImage(repository(path), image)
      for (const tag of tags) await repository(path).putManifest(image.raw, { tag })
      const { digest } = image.raw.descriptor
      return flagged(problem, { registry: registry.host, repository: path, digest, tags, ...fields })
    },
    plan: (records: readonly AuditRecord[], options: Partial<PlanRepairsOptions> = {}) =>
      planRepairs(records, { audit: 'audit-1', tier: 'prod', clock, ...options }),
    /** Predicate types of what verifies about an image, by whom. */
    async evidence(path: string, digest: AuditRecord['digest'] | undefined, by: 'gate' | 'backfill') {
      const pems = by === 'gate' ? [keys.evidence, keys.release] : [keys.backfill]
      const { verified } = await readEvidence(repository(path), digest!, {
        keys: pems.map(({ publicKey }) => publicKey),
      })
      return [...new Set(verified.map(({ statement }) => statement.predicateType))].sort()
    },
    /** Requests that write, and starts anew to count. */
    takeWrites() {
      const writes = registry.requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD')
      registry.clearRequests()
      return writes.map(({ method, path }) => `${method} ${path}`)
    },
    async [Symbol.asyncDispose]() {
      await journal[Symbol.asyncDispose]()
      await quarantine[Symbol.asyncDispose]()
      await client.close()
      await registry.close()
      await rm(directory, { recursive: true, force: true })
    },
  }
}

interface PushFields {
  readonly path?: string | undefined
  readonly isBroken?: boolean | undefined
}

/** Does it, as somebody who approved it. */
export const apply = (plan: RepairPlan, options: RepairOptions): Promise<RepairReport> =>
  repair(plan, { dryRun: false, confirm: plan.digest, ...options })

/** What became of each action, in a line. */
export const results = ({ outcomes }: RepairReport): string[] =>
  outcomes.map(({ action, steps }) =>
    [
      action.repository,
      ...steps.map(({ tag = '', result, code = '' }) => `${tag} ${result} ${code}`.trim()),
    ].join(': '),
  )
