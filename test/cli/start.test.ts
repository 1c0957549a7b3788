import { spawnSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { program } from './run-command.ts'

const isBuilt = !program.some((word) => word.startsWith('--conditions'))

/** Milliseconds of the processor that a command takes; what else runs on the machine does not count. */
function cpuMs(words: readonly string[]): number {
  const line = [...program, ...words].map((word) => `'${word}'`).join(' ')
  const { stderr } = spawnSync('bash', ['-c', `TIMEFORMAT='%3U %3S'; time ${line} > /dev/null`], {
    encoding: 'utf8',
  })
  const [user = Number.NaN, system = Number.NaN] = stderr.trim().split(' ').map(Number)
  return (user + system) * 1000
}

describe('the start', () => {
  it.runIf(isBuilt).each([[['--version']], [['--help']], [['promote', '--help']]])(
    'of %j takes less than 150 ms',
    (words) => {
      expect(Math.min(...Array.from({ length: 5 }, () => cpuMs(words)))).toBeLessThan(150)
    },
  )
})
