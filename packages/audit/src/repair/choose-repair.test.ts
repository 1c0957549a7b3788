import { describe, expect, it } from 'vitest'
import type { AuditClass } from '../audit-class.ts'
import { digest, flagged } from '../deployments/record.fixture.ts'
import { chooseRepair, type ChooseRepairOptions } from './choose-repair.ts'

const now = new Date('2026-11-25T12:00:00.000Z')
const day = 24 * 3_600_000
const ago = (days: number): string => new Date(now.getTime() - days * day).toISOString()
type Problem = Exclude<AuditClass, 'compliant'>

const of = (problems: readonly Problem[], fields: Parameters<typeof flagged>[1] = {}) =>
  flagged(problems[0]!, {
    tags: ['1'],
    problems: problems.map((problem) => ({ class: problem, message: '' })),
    ...fields,
  })
const choose = (record: ReturnType<typeof of>, options: Partial<ChooseRepairOptions> = {}) =>
  chooseRepair(record, { tier: 'prod', now, ...options }).kind

describe('chooseRepair', () => {
  it.each<[string, Problem[]]>([
    ['ask', ['error']],
    ['ask', ['unverifiable']],
    ['ask', ['unsigned', 'unverifiable']],
    ['promote', ['unsigned']],
    ['promote', ['wrong-identity', 'no-decision']],
    ['promote', ['no-decision']],
    ['promote', ['would-fail-today']],
    ['promote', ['decision-stale', 'would-fail-today']],
    ['promote', ['sbom-disagrees']],
    ['promote', ['unsigned', 'no-provenance']],
    ['attest', ['decision-elsewhere']],
    ['attest', ['decision-stale']],
    ['attest', ['no-sbom']],
    ['attest', ['legacy-only']],
    ['attest', ['decision-elsewhere', 'no-sbom', 'no-provenance']],
    ['ask', ['no-provenance']],
  ])('%s: %j', (kind, problems) => {
    expect(choose(of(problems))).toBe(kind)
  })

  it('says what no gate can repair', () => {
    expect(chooseRepair(of(['unsigned', 'no-provenance']), { tier: 'prod', now }).reason).toContain(
      'provenance',
    )
  })

  it.each<[string, ReturnType<typeof of>, Partial<ChooseRepairOptions>, string]>([
    ['without a tag', of(['unsigned'], { tags: [] }), {}, 'ask'],
    ['without a tier', of(['unsigned']), { tier: undefined }, 'ask'],
    ['without any problem that is known', of(['unsigned'], { problems: [], class: undefined }), {}, 'ask'],
    ['whose class is worse than its problems say', of(['no-sbom'], { class: 'error' }), {}, 'ask'],
    [
      'that lacks a signature, where that may be made up for',
      of(['wrong-identity', 'unsigned']),
      { signAsIs: true },
      'sign',
    ],
    ['that lacks more than a signature', of(['unsigned', 'no-decision']), { signAsIs: true }, 'promote'],
  ])('an image %s', (_title, record, options, kind) => {
    expect(choose(record, options)).toBe(kind)
  })

  const idle = { deployments: [], pulledAt: ago(100), pushedAt: ago(200) }
  const retire = { idleMs: 90 * day }
  it.each<[string, Parameters<typeof flagged>[1], Partial<ChooseRepairOptions['retire']>, string]>([
    ['that nobody runs or pulls', idle, {}, 'retire'],
    ['that nobody runs or pulls, to be deleted', idle, { deleteManifests: true }, 'delete'],
    ['without a tag, to be deleted', { ...idle, tags: [] }, { deleteManifests: true }, 'delete'],
    ['of which it is not known when it was pushed', { ...idle, pushedAt: undefined }, {}, 'retire'],
    ['without a tag', { ...idle, tags: [] }, {}, 'ask'],
    ['that runs', { ...idle, deployments: [{ workload: 'w', matchedBy: 'tag' }] }, {}, 'promote'],
    ['of which it is not known whether it runs', { ...idle, deployments: undefined }, {}, 'promote'],
    ['of which it is not known when it was pulled', { ...idle, pulledAt: undefined }, {}, 'promote'],
    ['whose time is unreadable', { ...idle, pulledAt: 'long ago' }, {}, 'promote'],
    ['that was pulled lately', { ...idle, pulledAt: ago(89) }, {}, 'promote'],
    ['that was pushed lately', { ...idle, pushedAt: ago(1) }, {}, 'promote'],
    ['that an index lists', { ...idle, parents: [digest('index')] }, {}, 'promote'],
    ['that is in quarantine', idle, { quarantineRepository: 'prod.example/shop/web' }, 'promote'],
  ])('retires: one %s', (_title, fields, options, kind) => {
    expect(choose(of(['unsigned'], fields), { retire: { ...retire, ...options } })).toBe(kind)
  })

  it('never retires what could not be judged', () => {
    expect(choose(of(['error'], idle), { retire: { ...retire, deleteManifests: true } })).toBe('ask')
  })
})
