import type { BreakGlass } from '../../break-glass.ts'
import type { CompiledRule } from '../../document/tier.ts'
import type { RuleMode, RuleResult } from '../../rules/rule-kind.ts'
import { createReport, limit, type PolicyCase, subject, zlib } from './policy-case.fixture.ts'

const counted = 'fail threshold-exceeded'
const terms = { allowed: true, maxLifetimeMs: 86_400_000 }
const glass: BreakGlass = { justification: 'the site is down', actor: 'ada', expires: '2026-11-25T18:00:00Z' }
const answering = (outcome: RuleResult['outcome'], mode: RuleMode = 'enforce'): CompiledRule => ({
  name: 'own',
  kind: 'cel',
  mode,
  evaluate: () => ({ outcome, code: `own-${outcome}`, message: 'own' }),
})
const failing = (mode: RuleMode): CompiledRule => ({
  ...answering('holds', mode),
  evaluate: () => {
    throw new Error('no such key')
  },
})
const only = (rule: CompiledRule) => ({ thresholds: limit(0, { mode: 'off' }), tier: { rules: [rule] } })
const dev = { tiers: ['dev'] }

/** Modes, waivers and break-glass. Judged at 2026-11-25T12:00:00Z. */
export const termsCases: readonly PolicyCase[] = [
  { name: 'mode: enforce', thresholds: limit(0, { mode: 'enforce' }), findings: [{}], gives: counted },
  {
    name: 'mode: warn',
    thresholds: limit(0, { mode: 'warn' }),
    findings: [{}],
    gives: 'pass threshold-exceeded',
  },
  {
    name: 'mode: audit',
    thresholds: limit(0, { mode: 'audit' }),
    findings: [{}],
    gives: 'pass threshold-exceeded',
  },
  { name: 'mode: of the tier', tier: { mode: 'audit' }, findings: [{}], gives: 'pass threshold-exceeded' },
  {
    name: 'mode: of the rule, over that of the tier',
    thresholds: limit(0, { mode: 'enforce' }),
    tier: { mode: 'audit' },
    findings: [{}],
    gives: counted,
  },
  {
    name: 'mode: unknown severity is limited with the mode of the tier',
    tier: { mode: 'warn' },
    findings: [{ severity: 'unknown' }],
    gives: 'pass threshold-exceeded',
  },
  {
    name: 'mode: preconditions enforce in a tier that audits too',
    tier: { mode: 'audit' },
    facts: { failures: [{ step: 'scan', code: 'X', message: 'y' }] },
    gives: 'error step-failed',
  },
  {
    name: 'mode: a precondition audits where somebody says why',
    tier: { mode: 'audit', preconditions: { scan: { mode: 'audit', loosen: 'we only look for now' } } },
    facts: { failures: [{ step: 'scan', code: 'X', message: 'y' }] },
    gives: 'pass step-failed',
  },
  {
    name: 'enforceFrom: still to come',
    thresholds: limit(0, { enforceFrom: '2026-11-25T12:00:00.001Z' }),
    findings: [{}],
    gives: 'pass threshold-exceeded',
  },
  {
    name: 'enforceFrom: now',
    thresholds: limit(0, { enforceFrom: '2026-11-25T12:00:00.000Z' }),
    findings: [{}],
    gives: counted,
  },
  {
    name: 'enforceFrom: unreadable',
    ...only({ ...answering('broken'), enforceFrom: 'some day' }),
    gives: 'fail own-broken',
  },
  {
    name: 'enforceFrom: an error before it only warns',
    ...only({ ...answering('error'), enforceFrom: '2027-01-01T00:00:00.000Z' }),
    gives: 'pass own-error',
  },
  { name: 'outcome: holds', ...only(answering('holds')), gives: 'pass' },
  { name: 'outcome: broken', ...only(answering('broken')), gives: 'fail own-broken' },
  { name: 'outcome: error', ...only(answering('error')), gives: 'error own-error' },
  {
    name: 'outcome: error in a rule that warns',
    ...only(answering('error', 'warn')),
    gives: 'pass own-error',
  },
  {
    name: 'outcome: error in a rule in audit',
    ...only(answering('error', 'audit')),
    gives: 'pass own-error',
  },
  {
    name: 'outcome: skipped is not evaluated',
    ...only(answering('skipped')),
    gives: 'error no-rule-evaluated',
  },
  {
    name: 'outcome: a word that nobody knows',
    ...only(answering('fine' as 'holds')),
    gives: 'error rule-failed',
  },
  { name: 'outcome: a rule that throws', ...only(failing('enforce')), gives: 'error rule-failed' },
  { name: 'outcome: a rule that throws in audit', ...only(failing('audit')), gives: 'pass rule-failed' },
  {
    name: 'outcome: error is worse than broken',
    tier: { rules: [answering('error')] },
    findings: [{}],
    gives: 'error threshold-exceeded own-error',
  },
  { name: 'waiver: covers it', findings: [{}], waivers: [{}], gives: 'pass' },
  {
    name: 'waiver: expires this instant',
    findings: [{}],
    waivers: [{ expires: '2026-11-25T12:00:00.000Z' }],
    gives: `${counted} waiver-expired`,
  },
  {
    name: 'waiver: expired a second ago',
    findings: [{}],
    waivers: [{ expires: '2026-11-25T11:59:59.000Z' }],
    gives: `${counted} waiver-expired`,
  },
  {
    name: 'waiver: a millisecond is left',
    findings: [{}],
    waivers: [{ expires: '2026-11-25T12:00:00.001Z' }],
    gives: 'pass waiver-near-expiry',
  },
  {
    name: 'pitfall 2: waiver for another package',
    findings: [{}],
    waivers: [{ scope: { package: 'pkg:deb/debian/minizip' } }],
    gives: `${counted} waiver-unused`,
  },
  {
    name: 'waiver: for another vulnerability',
    findings: [{}],
    waivers: [{ vulnerability: 'CVE-2000-1' }],
    gives: `${counted} waiver-unused`,
  },
  {
    name: 'pitfall 1: waiver for an alias',
    findings: [{ aliases: ['GHSA-A'] }],
    waivers: [{ vulnerability: 'GHSA-A' }],
    gives: 'pass',
  },
  {
    name: 'pitfall 1: waiver for an alias, and the severity rose',
    findings: [{ aliases: ['GHSA-A'] }],
    waivers: [{ vulnerability: 'GHSA-A', granted: { at: '2026-01-01T00:00:00Z', severity: 'medium' } }],
    gives: `${counted} waiver-void`,
  },
  {
    name: 'waiver: of another tier is not told',
    findings: [{}],
    tier: { name: 'prod' },
    waivers: [dev],
    gives: `${counted} waiver-unused`,
  },
  {
    name: 'waiver: one of two findings',
    findings: [{}, { id: 'CVE-2024-1' }],
    waivers: [{}],
    gives: counted,
  },
  {
    name: 'waiver: the tier allows none',
    tier: { waivers: { allowed: false, nearExpiryMs: 0, approverRequired: false } },
    findings: [{}],
    waivers: [{}],
    gives: `${counted} waiver-too-wide`,
  },
  {
    name: 'waiver: for the digest that is judged',
    findings: [{}],
    waivers: [{ scope: { digest: subject } }],
    gives: 'pass',
  },
  {
    name: 'waiver: for the repository that it goes to',
    findings: [{}],
    waivers: [{ scope: { repository: 'prod.example/app' } }],
    gives: 'pass',
  },
  {
    name: 'waiver: for another repository',
    findings: [{}],
    waivers: [{ scope: { repository: 'prod.example/ap' } }],
    gives: `${counted} waiver-unused`,
  },
  { name: 'waiver: of unknown severity', findings: [{ severity: 'unknown' }], waivers: [{}], gives: 'pass' },
  {
    name: 'break-glass: lets through what fails',
    tier: { breakGlass: terms },
    findings: [{}],
    breakGlass: glass,
    gives: 'pass threshold-exceeded break-glass-used',
  },
  {
    name: 'break-glass: not needed',
    tier: { breakGlass: terms },
    breakGlass: glass,
    gives: 'pass break-glass-not-needed',
  },
  {
    name: 'break-glass: never lets through what could not be judged',
    tier: { breakGlass: terms },
    facts: { scan: { subject, reports: [], findings: [] } },
    breakGlass: glass,
    gives: 'error no-scan break-glass-refused',
  },
  {
    name: 'break-glass: the tier allows none',
    findings: [{}],
    breakGlass: glass,
    gives: `${counted} break-glass-refused`,
  },
  {
    name: 'break-glass: by somebody else',
    tier: { breakGlass: { ...terms, actors: ['bob'] } },
    findings: [{}],
    breakGlass: glass,
    gives: `${counted} break-glass-refused`,
  },
  {
    name: 'break-glass: by one who may',
    tier: { breakGlass: { ...terms, actors: ['bob', 'ada'] } },
    findings: [{}],
    breakGlass: glass,
    gives: 'pass threshold-exceeded break-glass-used',
  },
  {
    name: 'break-glass: by nobody',
    tier: { breakGlass: terms },
    findings: [{}],
    breakGlass: { ...glass, actor: ' ' },
    gives: `${counted} break-glass-refused`,
  },
  {
    name: 'break-glass: expires this instant',
    tier: { breakGlass: terms },
    findings: [{}],
    breakGlass: { ...glass, expires: '2026-11-25T12:00:00Z' },
    gives: `${counted} break-glass-refused`,
  },
  {
    name: 'break-glass: a bare date is no instant',
    tier: { breakGlass: terms },
    findings: [{}],
    breakGlass: { ...glass, expires: '2026-11-26' },
    gives: `${counted} break-glass-refused`,
  },
  {
    name: 'break-glass: as long as the tier allows',
    tier: { breakGlass: terms },
    findings: [{}],
    breakGlass: { ...glass, expires: '2026-11-26T12:00:00Z' },
    gives: 'pass threshold-exceeded break-glass-used',
  },
  {
    name: 'break-glass: longer than the tier allows',
    tier: { breakGlass: terms },
    findings: [{}],
    breakGlass: { ...glass, expires: '2026-11-26T12:00:01Z' },
    gives: `${counted} break-glass-refused`,
  },
  {
    name: 'break-glass: without a justification',
    tier: { breakGlass: terms },
    findings: [{}],
    breakGlass: { ...glass, justification: 'urgent    ' },
    gives: `${counted} break-glass-refused`,
  },
  {
    name: 'the same finding in another package is not waived',
    findings: [{ purl: zlib.replace('zlib1g', 'minizip') }],
    waivers: [{}],
    gives: `${counted} waiver-unused`,
  },
  {
    name: 'data without a report date, in audit as in enforce',
    tier: { mode: 'audit', preconditions: { dataAge: { mode: 'audit', loosen: 'we only look for now' } } },
    facts: { scan: { subject, reports: [createReport({ data: [] })], findings: [] } },
    gives: 'pass data-stale',
  },
]
