import { expect, it } from 'vitest'
import { auditClasses } from '../audit-class.ts'
import { flagged } from '../deployments/record.fixture.ts'
import { chooseRepair } from '../repair/choose-repair.ts'
import { adviceOn } from './advice.ts'
import { classGroups, groupOf } from './class-order.ts'

it.each(auditClasses)('says what %s means, what to do, and where more is said', (auditClass) => {
  const { meaning, action, docs } = adviceOn(auditClass)
  expect(meaning).toMatch(/^[a-z].*[^.]$/)
  expect(action).toMatch(/^[A-Z].*\.$/)
  expect(docs).toBe(`docs/guides/audit.md#${auditClass}`)
})

it.each(auditClasses.filter((each) => each !== 'compliant'))(
  'says of %s what a repair plan says',
  (auditClass) => {
    const { kind } = chooseRepair(flagged(auditClass, { tags: ['1'] }), { tier: 'prod', now: new Date(0) })
    const { action } = adviceOn(auditClass)
    if (kind === 'promote' || kind === 'attest')
      expect(action.match(/\b(attest|promote) it again\b/i)?.[1]?.toLowerCase()).toBe(kind)
    else expect(action).not.toMatch(/^(promote|attest) it/i)
  },
)

it('groups each class once', () => {
  expect(Object.values(classGroups).flat().sort()).toEqual([...auditClasses].sort())
  expect(groupOf('of a later version' as never)).toBe('not judged')
})
