import { expect, it } from 'vitest'
import { auditClasses } from '../audit-class.ts'
import { adviceOn } from './advice.ts'
import { classGroups, groupOf } from './class-order.ts'

it.each(auditClasses)('says what %s means, what to do, and where more is said', (auditClass) => {
  const { meaning, action, docs } = adviceOn(auditClass)
  expect(meaning).toMatch(/^[a-z].*[^.]$/)
  expect(action).toMatch(/^[A-Z].*\.$/)
  expect(docs).toBe(`docs/guides/audit.md#${auditClass}`)
})

it('groups each class once', () => {
  expect(Object.values(classGroups).flat().sort()).toEqual([...auditClasses].sort())
  expect(groupOf('of a later version' as never)).toBe('not judged')
})
