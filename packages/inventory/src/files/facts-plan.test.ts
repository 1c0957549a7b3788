import { describe, expect, it } from 'vitest'
import type { PackageReader } from '../reader.ts'
import { createFactsPlan } from './facts-plan.ts'

const plan = (reader = 1, examiner = 1, names = ['one', 'two']) =>
  createFactsPlan(
    names.map((name): PackageReader => ({
      name,
      version: reader,
      selects: ({ path }) => path.endsWith('/kept'),
      examiners: [
        {
          name: `${name}-examiner`,
          version: examiner,
          selects: ({ size }) => size > 9,
          examine: async () => undefined,
        },
      ],
      read: async () => [],
    })),
  )

describe('createFactsPlan', () => {
  it('is another one when a reader or examiner is new or another version', () => {
    const plans = [plan(), plan(2), plan(1, 2), plan(1, 1, ['one'])]
    expect(new Set(plans.map(({ id }) => id)).size).toBe(plans.length)
    expect(plan().id).toBe(plan().id)
  })

  it.each([
    ['/a/kept', 1, { keep: true, examiners: [] }],
    ['/a/kept', 10, { keep: true, examiners: [{ name: 'one-examiner' }, { name: 'two-examiner' }] }],
    ['/a/other', 10, { keep: false, examiners: [{ name: 'one-examiner' }, { name: 'two-examiner' }] }],
    ['/a/other', 1, undefined],
    ['/etc/os-release', 1, { keep: true, examiners: [] }],
  ])('knows what is wanted of %s of %d bytes', (path, size, expected) => {
    const wish = plan().wishFor({ path, size, mode: 0o644 })
    if (expected === undefined) expect(wish).toBeUndefined()
    else expect(wish).toMatchObject(expected)
  })
})
