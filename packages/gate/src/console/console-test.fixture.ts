import { generateSigningKey, keySigner } from '@sallyport/attest'
import { digestOf, parsePlatform } from '@sallyport/core'
import type { Decision } from '@sallyport/policy'
import { sqliteJournal } from '../journal/sqlite-journal.ts'
import type { QuarantineRecord } from '../ports/quarantine-store.ts'
import { sqliteQuarantine } from '../quarantine/sqlite-quarantine.ts'
import type { ConsoleEvent } from './console-event.ts'
import type { ReviewConsoleOptions } from './console-options.ts'
import { createReviewConsole, type ReviewConsole } from './create-review-console.ts'

const startTime = Date.UTC(2026, 10, 25, 12)
export const tokens = {
  Ada: 'the token of Ada, long enough',
  Ben: 'the token of Ben, long enough',
} as const

/** What a record is like; `text` stands wherever an image or a person may write. */
export interface RecordSample {
  readonly text?: string | undefined
  readonly tier?: string | undefined
  readonly verdict?: 'fail' | 'error' | undefined
  readonly hours?: number | undefined
  readonly severity?: 'critical' | 'high' | undefined
}

export const idOf = (name: string): string => digestOf(name).slice('sha256:'.length, 'sha256:'.length + 32)

/** A record of one finding, or of a scanner that failed. */
export function recordOf(name: string, sample: RecordSample = {}): QuarantineRecord {
  const { text, tier = 'prod', verdict = 'fail', hours = 1, severity = 'critical' } = sample
  const subject = digestOf(name)
  const at = new Date(startTime - hours * 3_600_000).toISOString()
  const policy = { source: text ?? 'gate.yaml', digest: digestOf('policy') }
  const purl = 'pkg:deb/debian/zlib1g@1.2.13?arch=amd64&distro=debian-12'
  const why = text ?? '/app/run.sh [entry] → /usr/bin/tool [needed libz.so.1] → /usr/lib/libz.so.1'
  const found = { id: text ?? 'CVE-2026-1001', aliases: [text ?? 'GHSA-aaaa-bbbb-cccc'], severity }
  const decision: Decision = {
    schema: 'https://sallyport.dev/schemas/decision/v1',
    verdict,
    subject,
    destination: `prod.example/${name}:1`,
    tier,
    policy,
    evaluatedAt: at,
    reasons: [
      verdict === 'error'
        ? {
            effect: 'error',
            code: 'scanner-failed',
            message: text ?? 'trivy crashed',
            remedy: text ?? 'repair it',
          }
        : {
            effect: 'fail',
            code: 'threshold-exceeded',
            rule: text ?? 'no critical',
            message: text ?? 'no critical: 1 of at most 0',
            findings: [
              {
                ...found,
                purl,
                package: text ?? 'zlib1g',
                version: '1.2.13',
                fix: { state: 'fixed', versions: ['1.3.0'], suggested: '1.3.0' },
                usage: 'linked',
                chain: [],
              },
            ],
          },
    ],
    rules: [],
    findings: [],
    waivers: [],
    inputs: { policy, waivers: [], scanners: [], evidence: [], packages: 1 },
  }
  const side = { digest: subject, packages: 3, bytes: 100, findings: [] }
  return {
    id: idOf(name),
    quarantinedAt: at,
    source: text ?? `build.example/${name}:1`,
    sourceDigest: subject,
    destination: text === undefined ? `prod.example/${name}:1` : `prod.example/${text}:1`,
    tier,
    decision,
    platforms: [{ platform: parsePlatform('linux/amd64'), before: side, after: side, decision }],
    explanation: 'FAIL',
    findings:
      verdict === 'error'
        ? []
        : [
            {
              ...found,
              purl: text === undefined ? purl : `${purl}&x=${text}`,
              fix: { state: 'fixed', suggested: text ?? '1.3.0' },
              kev: true,
              rules: [text ?? 'no critical'],
              platforms: ['linux/amd64'],
              why,
            },
          ],
    evidence: [{ predicateType: text ?? 'https://cyclonedx.org/bom', subject, digest: digestOf('sbom') }],
    nextSteps: [text ?? 'Update zlib1g to 1.3.0'],
    copy: text,
  }
}

/** A console on stores in memory, whose clock stands still. */
export function openConsole(options: Partial<ReviewConsoleOptions> = {}) {
  let time = startTime
  const clock = { now: () => new Date(time) }
  const quarantine = sqliteQuarantine(':memory:', { clock })
  const journal = sqliteJournal(':memory:')
  const { privateKey, publicKey } = generateSigningKey()
  const events: ConsoleEvent[] = []
  const console = createReviewConsole({
    quarantine,
    journal,
    signIn: { tokens: Object.entries(tokens).map(([reviewer, token]) => ({ reviewer, token })) },
    approval: {
      signer: keySigner(privateKey),
      terms: (tier) => (tier === 'prod' ? { allowed: true, maxLifetimeMs: 30 * 86_400_000 } : undefined),
    },
    clock,
    onEvent: (event) => void events.push(event),
    ...options,
  })
  return {
    quarantine,
    journal,
    console,
    events,
    publicKey,
    advance: (ms: number) => void (time += ms),
    async [Symbol.asyncDispose]() {
      await quarantine[Symbol.asyncDispose]()
      await journal[Symbol.asyncDispose]()
    },
  }
}

/** A browser, as far as headers and cookies go. */
export function openClient(
  console: ReviewConsole,
  {
    origin = 'http://127.0.0.1:4000',
    prefix = '',
  }: { readonly origin?: string; readonly prefix?: string } = {},
) {
  let cookie: string | undefined
  const send = async (method: string, path: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers)
    if (cookie !== undefined && !headers.has('cookie')) headers.set('cookie', cookie)
    const response = await console.fetch(
      new Request(`${origin}${prefix}${path}`, { ...init, method, headers, redirect: 'manual' }),
      { remoteAddress: '127.0.0.1' },
    )
    const [set] = response.headers.getSetCookie()
    if (set !== undefined) cookie = set.split(';')[0]!
    return response
  }
  const own = { origin, 'sec-fetch-site': 'same-origin' }
  const post = (
    path: string,
    fields: Readonly<Record<string, string>>,
    headers: Readonly<Record<string, string>> = own,
  ) => send('POST', path, { headers, body: new URLSearchParams(fields) })
  const get = (path: string, headers: Readonly<Record<string, string>> = {}) => send('GET', path, { headers })
  return {
    send,
    get,
    post,
    cookie: () => cookie,
    signIn: (who: keyof typeof tokens = 'Ada') => post('/sign-in', { next: '', secret: tokens[who] }),
    /** The hidden fields of a form of an entry. */
    async fieldsOf(name: string, form: 'approve' | 'reject' = 'reject'): Promise<Record<string, string>> {
      const text = await (await get(`/entries/${idOf(name)}`)).text()
      const markup = text.slice(text.indexOf(`/entries/${idOf(name)}/${form}"`))
      const valueOf = (field: string) =>
        new RegExp(`name="${field}"\\s+value="([^"]*)"`).exec(markup)?.[1] ?? ''
      return { form: valueOf('form'), seen: valueOf('seen') }
    },
  }
}
