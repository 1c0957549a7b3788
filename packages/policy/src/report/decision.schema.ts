import { isDigest, type Digest } from '@sallyport/core'
import * as z from 'zod'
import type { Decision } from '../decision.ts'

const digest = z
  .custom<Digest>(isDigest, 'expected a sha256 or sha512 digest')
  .meta({ type: 'string', pattern: '^(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$' })
const instant = z.string().describe('ISO 8601 instant in UTC')
const severity = z.enum(['unknown', 'negligible', 'low', 'medium', 'high', 'critical'])
const fixState = z.enum(['fixed', 'not-fixed', 'wont-fix', 'deferred', 'end-of-life', 'unknown'])
const mode = z.enum(['off', 'audit', 'warn', 'enforce'])
const policy = z.object({ source: z.string(), digest })

const edge = z.object({
  kind: z.enum([
    'entry',
    'interpreter',
    'needed',
    'dlopen',
    'shebang',
    'shell-word',
    'sourced',
    'popen',
    'path-string',
    'command-string',
    'config-include',
    'symlink',
    'unowned',
    'runtime',
    'import',
    'data-pack',
    'trace',
  ]),
  from: z.string(),
  to: z.string(),
  certain: z.boolean().describe('Whether the step is always taken'),
  proof: z.string().optional(),
})

const finding = z
  .object({
    id: z.string(),
    aliases: z.array(z.string()),
    purl: z.string(),
    package: z.string(),
    version: z.string(),
    severity,
    fix: z.object({
      state: fixState,
      versions: z.array(z.string()),
      suggested: z.string().optional(),
      availableAt: z.string().optional(),
    }),
    kev: z
      .object({ dateAdded: z.string(), dueDate: z.string().optional(), ransomware: z.boolean().optional() })
      .optional(),
    epss: z
      .object({ probability: z.number(), percentile: z.number(), date: z.string().optional() })
      .optional(),
    since: z
      .object({
        disclosure: instant.optional(),
        fix: instant.optional(),
        firstSeen: instant.optional(),
      })
      .optional(),
    usage: z.enum(['executed', 'loaded', 'linked', 'possible', 'present']),
    isAnalysed: z.boolean().optional(),
    file: z.string().optional(),
    chain: z.array(edge).describe('From the entry point to the file that is needed'),
    keptBy: z.string().optional(),
    waivedBy: z.string().optional(),
    suppressed: z
      .object({
        kind: z.enum(['vex', 'waiver', 'scanner']),
        status: z.enum(['not_affected', 'fixed', 'ignored']),
        justification: z.string().optional(),
        statement: z.string().optional(),
        author: z.string().optional(),
        expires: z.string().optional(),
        source: z.string(),
      })
      .optional(),
    note: z.enum(['kernel-not-shipped']).optional(),
    nearMiss: z.object({ waiver: z.string(), why: z.string() }).optional(),
  })
  .meta({ id: 'JudgedFinding' })

const reason = z.object({
  effect: z
    .enum(['fail', 'error', 'warn', 'audit', 'note'])
    .describe('fail and error make the verdict; warn and audit would, were their rule enforced'),
  code: z.string(),
  rule: z.string().optional(),
  message: z.string(),
  limit: z.number().optional(),
  actual: z.number().optional(),
  findings: z.array(finding).optional(),
  offenders: z.array(z.string()).optional(),
  remedy: z.string().optional(),
})

const rule = z.object({
  rule: z.string(),
  kind: z.string(),
  mode,
  enforceFrom: instant.optional(),
  limit: z.number().optional(),
  actual: z.number().optional(),
  holds: z.boolean(),
  applies: z.boolean().optional().describe('false when it is not about such an image'),
})

const waiver = z.object({
  id: z.string(),
  state: z.enum(['applied', 'expired', 'unused', 'shadowed', 'too-wide', 'void']),
  expires: instant,
  nearExpiry: z.boolean().optional(),
  why: z.string().optional(),
  owner: z.string(),
  findings: z.number(),
})

const inputs = z.object({
  policy,
  waivers: z.array(policy),
  scanners: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      status: z.string(),
      data: z.array(
        z.object({ name: z.string(), digest: z.string().optional(), updatedAt: z.string().optional() }),
      ),
    }),
  ),
  evidence: z.array(digest),
  packages: z.number(),
})

/** The form of a decision as JSON. */
export const decisionSchema = z
  .object({
    schema: z.literal('https://sallyport.dev/schemas/decision/v1'),
    verdict: z.enum(['pass', 'fail', 'error']),
    subject: digest,
    destination: z.string(),
    tier: z.string(),
    policy,
    evaluatedAt: instant,
    breakGlass: z
      .object({
        justification: z.string(),
        actor: z.string(),
        expires: instant,
        ticket: z.string().optional(),
        needed: z.boolean(),
      })
      .optional(),
    reasons: z.array(reason),
    rules: z.array(rule),
    findings: z.array(finding),
    waivers: z.array(waiver),
    inputs,
  })
  .meta({ title: 'Decision of Sallyport' })

/** Fields at any depth, as paths. */
type Paths<T> = T extends readonly (infer Item)[]
  ? Paths<Item>
  : T extends object
    ? { [Name in keyof T & string]-?: Name | `${Name}.${Paths<NonNullable<T[Name]>>}` }[keyof T & string]
    : never
type Same<One, Other> = [One] extends [Other] ? ([Other] extends [One] ? true : never) : never

// Fails to compile when a field of the type is missing here, or one here is missing there.
true satisfies Same<Paths<Decision>, Paths<z.infer<typeof decisionSchema>>>
