import { describe, expect, it } from 'vitest'
import { createTaskGroup } from './task-group.ts'

const never = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error))
  })

describe('createTaskGroup', () => {
  it('waits for tasks that nobody awaits, and for those that they start', async () => {
    const group = createTaskGroup(undefined)
    const ended: string[] = []
    const result = await group.finish(async () => {
      void group.start(async () => {
        await Promise.resolve()
        void group.start(async () => {
          await Promise.resolve()
          ended.push('inner')
        })
        ended.push('outer')
      })
      return 'result'
    })
    expect([result, ended]).toEqual(['result', ['outer', 'inner']])
  })

  it('ends all others with the first failure, and rejects with it when they have ended', async () => {
    const group = createTaskGroup(undefined)
    let ended = 0
    const finished = group.finish(async () => {
      for (let count = 0; count < 2; count++) {
        void group.start(() =>
          never(group.signal).finally(async () => {
            await Promise.resolve()
            ended++
          }),
        )
      }
      throw new Error('first')
    })
    await expect(finished).rejects.toThrow('first')
    expect(ended).toBe(2)
    await expect(group.start(async () => 'late')).rejects.toThrow('first')
  })

  it("rejects with the reason of the caller's signal", async () => {
    const controller = new AbortController()
    const group = createTaskGroup(controller.signal)
    const finished = group.finish(() => never(group.signal))
    controller.abort(new Error('enough'))
    await expect(finished).rejects.toThrow('enough')
  })
})
