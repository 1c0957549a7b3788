import { describe, expect, it } from 'vitest'
import { statusError } from './http-error.ts'

const subject = { action: 'read', reference: 'r.example/app', notFound: 'REGISTRY_ERROR' } as const
const errorsOf = (body: unknown) => statusError(400, JSON.stringify(body), subject).registryErrors

describe('registryErrors', () => {
  it('has what the registry says, details as text', () => {
    expect(
      errorsOf({
        errors: [
          { code: 'MANIFEST_UNKNOWN', message: 'not here', detail: { Tag: 'v1' } },
          { code: 'OWN_CODE', detail: 'plain' },
          { code: 'DENIED', detail: null },
        ],
      }),
    ).toEqual([
      { code: 'MANIFEST_UNKNOWN', message: 'not here', detail: '{"Tag":"v1"}' },
      { code: 'OWN_CODE', message: '', detail: 'plain' },
      { code: 'DENIED', message: '' },
    ])
  })

  it.each([['<html>'], [{ errors: [] }], [{ errors: 'x' }], [null]])('is missing for %j', (body) => {
    expect(errorsOf(body)).toBeUndefined()
  })

  it('is short and fit for printing, whatever the registry sends', () => {
    const entry = {
      code: 'X'.repeat(10_000),
      message: `\u001b[31m${'y'.repeat(10_000)}`,
      detail: { token: 'Bearer abcdefghijklmnop', list: Array.from({ length: 5000 }, () => 'z') },
    }
    const errors = errorsOf({ errors: Array.from({ length: 90 }, () => entry) })
    expect(errors).toHaveLength(20)
    expect(JSON.stringify(errors).length).toBeLessThan(20 * 1200)
    expect(JSON.stringify(errors)).not.toMatch(/abcdefghijklmnop|\\u001b/)
  })
})
