import { GateError } from '@sallyport/gate'
import { OciError } from '@sallyport/oci'
import { describe, expect, it } from 'vitest'
import { CliError } from '../errors.ts'
import { describeError, formatError } from './describe-error.ts'

describe('describeError', () => {
  it.each([
    [
      'advice of its own',
      new CliError('OPTION_INVALID', 'no', { advice: 'Do this.' }),
      'OPTION_INVALID',
      'Do this.',
    ],
    ['advice by its code', new OciError('UNAUTHORIZED', 'no'), 'UNAUTHORIZED', /docker login/],
    [
      'advice by what led to it',
      new GateError('STEP_FAILED', 'no', { cause: new OciError('DENIED', 'no') }),
      'STEP_FAILED',
      /account/,
    ],
    ['hope', new OciError('UNSUPPORTED', 'no', { retryable: true }), 'UNSUPPORTED', /later/],
    ['a fault of the program', new TypeError('x is undefined'), 'UNEXPECTED', /--debug/],
    ['anything', 'text', 'UNEXPECTED', /--debug/],
  ])('gives %s', (_, error, code, advice) => {
    const told = describeError(error)
    expect(told.code).toBe(code)
    expect(told.advice).toMatch(advice)
  })

  it('is one paragraph of printable text, without passwords in addresses', () => {
    const error = new OciError('REGISTRY_ERROR', 'line\nhttps://me:hunter2@r.example/ \u001b[2J')
    const text = formatError('sallyport scan', describeError(error))
    expect(text).toMatch(
      /^sallyport scan: line https:\/\/…@r\.example\/ �\[2J\. Try again .*\(REGISTRY_ERROR\)$/,
    )
  })
})
