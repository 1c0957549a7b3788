import { describe, expect, it } from 'vitest'
import type { AuditRecord } from '../audit-record.ts'
import { digest, flagged, record } from '../deployments/record.fixture.ts'
import { formatRepairPlan } from './format-repair-plan.ts'
import { parseRepairPlan } from './parse-repair-plan.ts'
import { planRepairs, type PlanRepairsOptions } from './plan-repairs.ts'
import { promotionRequests } from './promotion-requests.ts'

const clock = { now: () => new Date('2026-11-25T12:00:00.000Z') }
const plan = (records: readonly AuditRecord[], options: Partial<PlanRepairsOptions> = {}) =>
  planRepairs(records, { audit: 'audit-1', tier: 'prod', clock, ...options })

/** `kind repository tag` of each action. */
const summary = async (...given: Parameters<typeof plan>) =>
  (await plan(...given)).actions.map(({ kind, repository, tags }) => `${kind} ${repository} ${tags.join()}`)

describe('planRepairs', () => {
  it('plans one action for each image that is not compliant, flagged and running first', async () => {
    const runs = [{ workload: 'Deployment web', namespace: 'shop', matchedBy: 'index' as const }]
    const records = [
      record({ repository: 'a', tags: ['good'] }),
      flagged('unsigned', { repository: 'a', digest: digest('a'), tags: ['old', 'older'], deployments: [] }),
      record({ repository: 'a', digest: digest('sbom'), role: 'evidence', class: undefined }),
      record({ repository: 'a', digest: digest('stray'), role: 'stray-evidence', class: undefined }),
      flagged('error', { repository: 'b', tags: ['x'], role: 'unread' }),
      flagged('legacy-only', { repository: 'c', tags: ['1'], deployments: runs }),
    ]
    expect(await summary(records)).toEqual(['attest c 1', 'ask b x', 'promote a old,older'])
    const { actions } = await plan(records)
    expect(actions[0]).toMatchObject({ runningCount: 1, running: ['shop: Deployment web (by index)'] })
    expect(actions[1]).not.toHaveProperty('running')
  })

  const [index, one, two] = [digest('index'), digest('one'), digest('two')]
  const anIndex = (fields: Partial<AuditRecord>) =>
    record({ role: 'index', digest: index, tags: ['1'], children: [one, two], ...fields })
  const platform = (fields: Partial<AuditRecord>) =>
    flagged('no-sbom', { role: 'platform', parents: [index], ...fields })
  it.each<[string, AuditRecord[], string[]]>([
    [
      'with the index that lists it',
      [platform({ digest: one }), anIndex({ class: 'unsigned' }), platform({ digest: two })],
      ['promote shop/web 1'],
    ],
    [
      'by its index, although that lacks nothing itself',
      [platform({ digest: one }), anIndex({}), platform({ digest: two })],
      ['attest shop/web 1'],
    ],
    ['by a person, when its index is not there', [platform({ digest: one })], ['ask shop/web ']],
    [
      'by a person, when its index is in another repository',
      [anIndex({ repository: 'shop/other' }), platform({ digest: one })],
      ['ask shop/web '],
    ],
  ])('repairs a platform %s', async (_title, records, actions) => {
    expect(await summary(records)).toEqual(actions)
    const covering = (await plan(records)).actions.filter(({ kind }) => kind !== 'ask')
    for (const { covers } of covering) expect(covers).toEqual([one, two])
  })

  it('promotes from where the journal says it came from, else from where it is', async () => {
    const [known, local, unknown] = [digest('known'), digest('local'), digest('unknown')]
    const source = new Map([
      [known, { name: 'build.example/app:1', digest: digest('source') }],
      [local, { name: 'oci:/tmp/layout:1', digest: digest('source') }],
    ])
    const journal = {
      listRecords: async ({ digest: asked }: { digest?: AuditRecord['digest'] } = {}) => ({
        items: source.has(asked!) ? [{ source: source.get(asked!) }] : [],
      }),
    } as unknown as PlanRepairsOptions['journal']
    const records = [known, local, unknown].map((each) => flagged('unsigned', { digest: each, tags: ['1'] }))
    const { actions } = await plan(records, { journal })
    expect(new Map(actions.map((action) => [action.digest, action.from]))).toEqual(
      new Map([
        [known, `build.example/app@${digest('source')}`],
        [local, `prod.example/shop/web@${local}`],
        [unknown, `prod.example/shop/web@${unknown}`],
      ]),
    )
  })

  it('lists promotions as the gate takes them, one for each tag', async () => {
    const records = [
      flagged('unsigned', { repository: 'a', digest: digest('a'), tags: ['2', '1'] }),
      flagged('no-sbom', { repository: 'b', digest: digest('b'), tags: ['1'] }),
      flagged('error', { repository: 'c', digest: digest('c'), tags: ['1'] }),
    ]
    const planned = await plan(records, { tier: (name) => (name.endsWith('/a') ? 'prod' : 'test') })
    expect(promotionRequests(planned)).toEqual([
      { from: `prod.example/a@${digest('a')}`, to: 'prod.example/a:1', tier: 'prod' },
      { from: `prod.example/a@${digest('a')}`, to: 'prod.example/a:2', tier: 'prod' },
      { from: `prod.example/b@${digest('b')}`, to: 'prod.example/b:1', tier: 'test' },
    ])
  })

  it('keeps the most urgent, and says how many it left out', async () => {
    const records = Array.from({ length: 50 }, (_, at) =>
      flagged(at % 7 === 0 ? 'unsigned' : 'legacy-only', { repository: `r${at}`, tags: ['1'] }),
    )
    const { actions, omitted } = await plan(records, { maxActions: 8 })
    expect(actions.map((action) => action.class)).toEqual(Array.from({ length: 8 }, () => 'unsigned'))
    expect(omitted).toBe(42)
  })

  it('leaves names that no reference can have to a person, and shows no control characters', async () => {
    const problems = [{ class: 'unsigned' as const, message: 'tag \u001b[31m\u202eevil' }]
    const { actions } = await plan([
      flagged('unsigned', { repository: 'UPPER/../x', tags: ['1', '../../etc'], problems }),
    ])
    expect(actions).toMatchObject([{ kind: 'ask', tags: ['1'], problems: [{ message: 'tag  [31m evil' }] }])
  })

  it('leaves each tag whose digest is not known to a person', async () => {
    const unread = (tag: string) => ({
      ...flagged('error', { role: 'unread', tags: [tag], deployments: [] }),
      digest: undefined,
    })
    const planned = await plan([unread('1'), unread('2')])
    expect(planned.actions.map(({ kind, tags, digest: none }) => [kind, tags, none])).toEqual([
      ['ask', ['1'], undefined],
      ['ask', ['2'], undefined],
    ])
    expect(parseRepairPlan(formatRepairPlan(planned), { source: 'plan.yaml' })).toEqual({
      plan: planned,
      isEdited: false,
    })
  })

  it.each([
    [{ maxActions: 0 }],
    [{ retire: { idleMs: 0 } }],
    [{ retire: { idleMs: 1, quarantineRepository: 'quarantine' } }],
    [{ retire: { idleMs: 1, quarantineRepository: 'q.example/x:1' } }],
  ])('refuses %j', async (options) => {
    await expect(plan([], options)).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
  })
})
