import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateSigningKey, keySigner } from '@sallyport/attest'
import { createRegistryClient, parseReference, type RegistryClient, type Repository } from '@sallyport/oci'
import { parsePolicy, type Policy } from '@sallyport/policy'
import { builtinScanner, parseAdvisories } from '@sallyport/scan'
import { sqliteJournal } from '../journal/sqlite-journal.ts'
import type { Journal } from '../ports/journal.ts'
import type { QuarantineStore } from '../ports/quarantine-store.ts'
import { sqliteQuarantine } from '../quarantine/sqlite-quarantine.ts'
import { criticalAdvisory } from './debian-image.fixture.ts'
import { createGate, type Gate } from './create-gate.ts'
import type { GateOptions, PlanOptions, PromoteOptions } from './options.ts'
import type { PromotionOutcome } from './outcome.ts'
import type { PromotionPlan } from './plan-one.ts'
import { planPromotion } from './plan-promotion.ts'
import { promote } from './promote.ts'

const username = 'gate'
const password = 'open sesame'

/** Credentials that {@link TestGate} uses, for a registry that asks for some. */
export const credentials: { readonly username: string; readonly password: string } = { username, password }

/** Time of the first promotion of a {@link TestGate}. */
export const startTime = '2026-11-25T12:00:00.000Z'

/** Everything that a promotion needs, made of real parts; only the clock stands still. */
export interface TestGate extends AsyncDisposable {
  readonly client: RegistryClient
  readonly journal: Journal
  readonly quarantine: QuarantineStore
  readonly keys: { readonly evidence: string; readonly release: string }
  /** Advances the clock. */
  advance(ms: number): void
  repository(reference: string): Repository
  promote(options: Pick<PromoteOptions, 'from' | 'to'> & Partial<PromoteOptions>): Promise<PromotionOutcome>
  /** Plans with the same parts but the keys. */
  plan(options: Pick<PlanOptions, 'from' | 'to'> & Partial<PlanOptions>): Promise<PromotionPlan>
  /** Makes a gate of the same parts. */
  open(options?: Partial<GateOptions>): Gate
}

/** Opens a gate; disposing it asserts that no promotion left files behind. */
export async function openTestGate(): Promise<TestGate> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-gate-test-'))
  const work = join(directory, 'work')
  await mkdir(work)
  const client = createRegistryClient({
    credentials: { find: async () => ({ type: 'password', username, password }) },
    sleep: async (_ms, signal) => signal?.throwIfAborted(),
  })
  const evidence = generateSigningKey()
  const release = generateSigningKey()
  const signer = { evidence: keySigner(evidence.privateKey), release: keySigner(release.privateKey) }
  const journal = sqliteJournal(':memory:')
  let time = Date.parse(startTime)
  const clock = { now: () => new Date(time) }
  const quarantine = sqliteQuarantine(':memory:', { clock })
  const unsigned: Omit<GateOptions, 'signer'> = {
    policy: noCritical(),
    scanners: [scannerFor('leftover')],
    harden: true,
    journal,
    quarantine,
    repository: (reference) => client.repository(reference),
    workDirectory: work,
    clock,
  }
  const parts: GateOptions = { ...unsigned, signer }
  return {
    client,
    journal,
    quarantine,
    keys: { evidence: evidence.publicKey, release: release.publicKey },
    advance: (ms) => void (time += ms),
    repository: (reference) => client.repository(parseReference(reference)),
    promote: (options) => promote({ tier: 'prod', ...parts, ...options }),
    plan: (options) => planPromotion({ tier: 'prod', ...unsigned, ...options }),
    open: (options) => createGate({ ...parts, ...options }),
    async [Symbol.asyncDispose]() {
      await journal[Symbol.asyncDispose]()
      await quarantine[Symbol.asyncDispose]()
      await client.close()
      const left = await readdir(work)
      await rm(directory, { recursive: true, force: true })
      if (left.length > 0) throw new Error(`a promotion left files behind: ${left.join(', ')}`)
    },
  }
}

/** A scanner that knows one critical flaw of each of the packages: `CVE-2026-1001`, `CVE-2026-1002`, … */
export function scannerFor(...packages: readonly string[]): ReturnType<typeof builtinScanner> {
  const records = packages.map((name, position) => criticalAdvisory(`CVE-2026-${1001 + position}`, name))
  return builtinScanner({ advisories: parseAdvisories(records, { source: 'test' }) })
}

/** A policy that lets no critical finding through; `rest` follows in the document. */
export function noCritical(rest = ''): Policy {
  const text = `version: 1
tiers:
  prod:
    thresholds: [{ name: nothing critical, severity: critical, max: 0 }]
${rest}`
  return parsePolicy(text, { source: 'gate.yaml' })
}
