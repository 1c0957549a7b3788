import { describe, expect, it, vi } from 'vitest'
import { GateError } from '../errors.ts'
import { patiently } from './patiently.ts'

const noTime = async (): Promise<void> => undefined

describe('patiently', () => {
  it('asks again after a broken connection', async () => {
    const work = vi
      .fn<() => Promise<string>>()
      .mockRejectedValueOnce(new Error('gone'))
      .mockResolvedValue('here')
    expect(await patiently(work, noTime)).toBe('here')
    expect(work).toHaveBeenCalledTimes(2)
  })

  it('does not ask again after an error of the gate', async () => {
    const error = new GateError('OPTIONS_INVALID', 'no')
    const work = vi.fn<() => Promise<string>>(() => Promise.reject(error))
    await expect(patiently(work)).rejects.toBe(error)
    expect(work).toHaveBeenCalledTimes(1)
  })

  it('gives up with an error that may pass', async () => {
    const work = vi.fn<() => Promise<string>>(() => Promise.reject(new Error('gone')))
    await expect(patiently(work, noTime)).rejects.toMatchObject({ code: 'ENGINE_FAILED', retryable: true })
    expect(work).toHaveBeenCalledTimes(6)
  })
})
