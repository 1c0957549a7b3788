import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { auditClasses } from '../audit-class.ts'
import { digest } from '../deployments/record.fixture.ts'
import { formatRepairPlan } from './format-repair-plan.ts'
import { parseRepairPlan } from './parse-repair-plan.ts'
import { type RepairAction, type RepairKind, type RepairPlan, weakerKinds } from './repair-plan.ts'
import { sealPlan } from './seal-plan.ts'

const kinds = Object.keys(weakerKinds) as RepairKind[]
const text = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('yes', '~', '- a: b', '&a *a', '"', "'", '1e3', '\n#', '!!js', '\u0007', '__proto__'),
)
const actionOf = (kind: RepairKind) =>
  fc.record({
    kind: fc.constant(kind),
    planned: fc.constant(kind),
    registry: fc.constant('prod.example:5000'),
    repository: fc.constantFrom('shop/web', 'shop/job'),
    digest: fc.nat().map(String).map(digest),
    tags: fc.uniqueArray(fc.constantFrom('1', '1e3', 'null', 'v1.0_-x'), { minLength: 1 }),
    tier: fc.constant('prod'),
    from: fc.constant(`build.example/x@${digest('source')}`),
    class: fc.constantFrom(...auditClasses),
    problems: fc.array(fc.record({ class: fc.constantFrom(...auditClasses), message: text }), {
      maxLength: 3,
    }),
    reason: text,
    urgency: fc.nat(),
    running: fc.array(text, { maxLength: 5 }),
    runningCount: fc.nat(),
  })
const plans = fc
  .record({
    audit: text,
    omitted: fc.nat(),
    actions: fc.uniqueArray(fc.constantFrom(...kinds).chain(actionOf), {
      selector: ({ repository, digest: of }) => `${repository}@${of}`,
      maxLength: 6,
    }),
  })
  .map(({ audit, omitted, actions }) =>
    sealPlan(
      {
        schema: 'https://sallyport.dev/schemas/repair-plan/v1',
        audit,
        createdAt: '2026-11-25T12:00:00.000Z',
        omitted,
      },
      actions,
    ),
  )
const formats = fc.constantFrom('yaml' as const, 'json' as const)
const parse = (document: string) => parseRepairPlan(document, { source: 'plan.yaml' })

/** The plan with its actions as somebody left them. */
const edit = (plan: RepairPlan, actions: readonly RepairAction[], format: 'yaml' | 'json'): string =>
  formatRepairPlan({ ...plan, actions }, { format })

describe('a repair plan', () => {
  it('is read as it was written', () => {
    fc.assert(
      fc.property(plans, formats, (plan, format) => {
        expect(parse(formatRepairPlan(plan, { format }))).toEqual({ plan, isEdited: false })
      }),
      { numRuns: 40 },
    )
  })

  it('may lose actions, and have others do less; its digest is that of what is left', () => {
    fc.assert(
      fc.property(plans, formats, fc.infiniteStream(fc.nat()), (plan, format, random) => {
        const pick = (count: number): number => (random.next().value as number) % count
        const actions = plan.actions.flatMap((action) => {
          const weaker = weakerKinds[action.kind]
          const choice = pick(3)
          if (choice === 0) return []
          return choice === 1 || weaker.length === 0
            ? [action]
            : [{ ...action, kind: weaker[pick(weaker.length)]! }]
        })
        const { plan: reviewed, isEdited } = parse(edit(plan, actions, format))
        expect(reviewed.actions).toEqual(actions)
        expect(isEdited).toBe(JSON.stringify(actions) !== JSON.stringify(plan.actions))
        expect(reviewed.digest === plan.digest).toBe(!isEdited)
        expect(parse(formatRepairPlan(reviewed, { format }))).toEqual({ plan: reviewed, isEdited: false })
      }),
      { numRuns: 40 },
    )
  })

  it('may not have an action do more', () => {
    fc.assert(
      fc.property(plans, formats, fc.constantFrom(...kinds), (plan, format, kind) => {
        fc.pre(plan.actions.some(({ planned }) => planned !== kind && !weakerKinds[planned].includes(kind)))
        const actions = plan.actions.map((action) => ({ ...action, kind }))
        expect(() => parse(edit(plan, actions, format))).toThrow(
          expect.objectContaining({ code: 'PLAN_INVALID' }),
        )
      }),
      { numRuns: 40 },
    )
  })

  const edits: { [Field in keyof RepairAction]?: RepairAction[Field] } = {
    planned: 'delete',
    registry: 'other.example',
    repository: 'shop/other',
    digest: digest('other'),
    tags: ['other'],
    tier: 'test',
    from: `other.example/x@${digest('x')}`,
    quarantine: 'other.example/q',
    class: 'no-provenance',
    reason: 'because',
    covers: [digest('covered')],
    seal: digest('seal'),
  }
  it.each(Object.entries(edits))('may not have the %s of an action changed', (field, value) => {
    fc.assert(
      fc.property(plans, formats, (plan, format) => {
        const [first, ...rest] = plan.actions
        fc.pre(
          first !== undefined && JSON.stringify(first[field as keyof RepairAction]) !== JSON.stringify(value),
        )
        const changed = edit(plan, [{ ...first!, [field]: value } as RepairAction, ...rest], format)
        expect(() => parse(changed)).toThrow(expect.objectContaining({ code: 'PLAN_INVALID' }))
      }),
      { numRuns: 10 },
    )
  })
})

const [plan] = fc.sample(
  plans.filter(({ actions }) => actions.length > 1 && actions[0]!.kind === 'promote'),
  { numRuns: 1, seed: 7 },
)
const yaml = formatRepairPlan(plan!)
const json = formatRepairPlan(plan!, { format: 'json' })

describe('parseRepairPlan refuses', () => {
  it.each<[string, string, RegExp]>([
    ['nothing', '', /^plan\.yaml/],
    ['an unknown field', yaml.replace('omitted:', 'extra: 1\nomitted:'), /^plan\.yaml:8: extra: /],
    [
      'an unknown field of an action',
      yaml.replace('planned:', 'force: true\n    planned:'),
      /^plan\.yaml:\d+: actions\[0\]\.force: /,
    ],
    ['an unknown kind', yaml.replace('kind: promote', 'kind: purge'), /^plan\.yaml:10: actions\[0\]\.kind: /],
    [
      'a stronger kind',
      yaml.replace('kind: promote', 'kind: delete'),
      /^plan\.yaml:10: actions\[0\]\.kind: "delete"/,
    ],
    ['another version', yaml.replace('repair-plan/v1', 'repair-plan/v2'), /^plan\.yaml:4: schema: /],
    [
      'a younger date',
      yaml.replace('2026-11-25T12', '2026-11-30T12'),
      /^plan\.yaml:\d+: actions\[0\]: .*head of the plan/,
    ],
    [
      'another audit',
      json.replace(/"audit": ".*"/, '"audit": "of another"'),
      /^plan\.yaml: actions\[0\]: .*head of the plan/,
    ],
    ['two documents', `${yaml}---\n${yaml}`, /^plan\.yaml: expected one document/],
    ['broken YAML', `${yaml}\n\t: [`, /^plan\.yaml:\d+: /],
    ['broken JSON', json.slice(0, -10), /^plan\.yaml: /],
    ['deep JSON', `{"a":${'['.repeat(50)}`, /^plan\.yaml: nested deeper/],
    [
      'an action twice',
      edit(plan!, [plan!.actions[0]!, plan!.actions[0]!], 'yaml'),
      /^plan\.yaml:\d+: actions\[1\]: a second action/,
    ],
  ])('%s', (_title, document, message) => {
    let error: unknown
    try {
      parse(document)
    } catch (cause) {
      error = cause
    }
    expect(error).toMatchObject({ name: 'AuditError', code: 'PLAN_INVALID' })
    expect((error as Error).message).toMatch(message)
  })
})
