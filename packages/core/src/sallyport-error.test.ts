import { describe, expect, it } from 'vitest'
import { CoreError } from './errors.ts'
import { isSallyportError, SallyportError } from './sallyport-error.ts'

class OwnError extends SallyportError<'ONE' | 'TWO'> {}

describe('SallyportError', () => {
  it('is named like its class, and keeps code, cause and whether to retry', () => {
    const cause = new Error('first')
    const error = new OwnError('ONE', 'text', { cause, retryable: true })
    expect(error).toMatchObject({ name: 'OwnError', code: 'ONE', message: 'text', cause, retryable: true })
    expect(new OwnError('TWO', 'text')).toMatchObject({ retryable: false })
    expect('cause' in new OwnError('TWO', 'text')).toBe(false)
  })
})

describe('isSallyportError', () => {
  it('knows errors of every package, also of a second copy of this one', async () => {
    // A query makes the loader evaluate the module again, as a second installed copy would be.
    const copyUrl = './sallyport-error.ts?copy'
    const copy = (await import(/* @vite-ignore */ copyUrl)) as { SallyportError: typeof SallyportError }
    expect(copy.SallyportError).not.toBe(SallyportError)
    expect(isSallyportError(new copy.SallyportError('X', 'text'))).toBe(true)
    expect(isSallyportError(new CoreError('DIGEST_INVALID', 'text'))).toBe(true)
  })

  it.each([undefined, null, 'text', new Error('text'), { code: 'ONE', message: 'text' }])(
    'refuses %s',
    (value) => {
      expect(isSallyportError(value)).toBe(false)
    },
  )
})
