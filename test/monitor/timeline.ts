import { setImmediate } from 'node:timers/promises'
import type { Clock } from '@sallyport/core'

/** A clock that only moves when it is told to, so that hours pass in a run of minutes. */
export interface Timeline extends Clock {
  advance(ms: number): void
  /** Begins something; what the machine's clock says from now on belongs to it. Resolves with its number, from 0. */
  mark(): Promise<number>
  /** When something began. */
  startOf(mark: number): Date
  /** What an instant of the machine's clock is on this one, and what it belongs to. */
  fromMachine(instant: Date): { readonly time: Date; readonly mark: number }
}

/** Opens a timeline at an instant. */
export function openTimeline(start: Date): Timeline {
  const marks: { readonly machine: number; readonly time: number }[] = [
    { machine: Date.now(), time: start.getTime() },
  ]
  let time = start.getTime()
  return {
    now: () => new Date(time),
    advance: (ms) => void (time += ms),
    async mark() {
      // So that no two have a millisecond in common.
      const before = Date.now()
      while (Date.now() <= before) await setImmediate()
      marks.push({ machine: Date.now(), time })
      return marks.length - 1
    },
    startOf: (mark) => new Date(marks[mark]!.time),
    fromMachine(instant) {
      const mark = Math.max(
        0,
        marks.findLastIndex(({ machine }) => machine <= instant.getTime()),
      )
      const { time, machine } = marks[mark]!
      return { time: new Date(time + Math.max(0, instant.getTime() - machine)), mark }
    },
  }
}
