import { describe, expect, it } from 'vitest'
import { resolveLimits } from './evidence-limits.ts'

describe('resolveLimits', () => {
  it('keeps what is given, and has a default for the rest', () => {
    expect(resolveLimits({ maxCandidates: 3, maxTotalMs: Number.POSITIVE_INFINITY })).toMatchObject({
      maxCandidates: 3,
      maxBlobBytes: 32 * 1024 * 1024,
      maxTotalMs: Number.POSITIVE_INFINITY,
    })
  })

  it.each(['maxCandidates', 'maxBlobBytes', 'maxTotalBytes', 'maxCandidateMs', 'maxTotalMs'])(
    'refuses a %s that limits nothing',
    (name) => {
      for (const limit of [Number.NaN, -1])
        expect(() => resolveLimits({ [name]: limit })).toThrow(
          expect.objectContaining({ code: 'TRUST_INVALID' }),
        )
    },
  )
})
