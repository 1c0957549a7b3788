import { OciError } from '@sallyport/oci'
import { describe, expect, it } from 'vitest'
import { GateError, type GateErrorCode } from '../errors.ts'
import { fromErrorData, toErrorData } from './error-data.ts'

const throughJson = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

describe('an error of the gate, written down and read back', () => {
  it.each<[GateErrorCode, ConstructorParameters<typeof GateError>[2]]>([
    ['TAG_CONFLICT', { step: 'publish', side: 'target', retryable: true }],
    ['VERIFICATION_FAILED', { step: 'verify', side: 'target' }],
    ['STEP_FAILED', { step: 'resolve', retryable: true, cause: new Error('no answer') }],
    ['OPTIONS_INVALID', {}],
  ])('%s keeps its code, message, step, side and whether it may pass', (code, options) => {
    const error = new GateError(code, 'what happened', options)
    const { step, side, retryable } = error
    expect(fromErrorData(throughJson(toErrorData(error)))).toMatchObject({
      name: 'GateError',
      code,
      message: 'what happened',
      step,
      side,
      retryable,
    })
  })

  it.each([
    ['of another package', new OciError('MANIFEST_NOT_FOUND', 'not there'), 'MANIFEST_NOT_FOUND: not there'],
    ['of nobody', new TypeError('x is not a function'), 'x is not a function'],
    ['that is none', 'a text', 'a text'],
  ])('one %s is ENGINE_FAILED, and may not pass', (_title, cause, message) => {
    expect(toErrorData(cause)).toEqual({ code: 'ENGINE_FAILED', message, retryable: false })
  })
})
