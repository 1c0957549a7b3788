import { access, constants, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import type { Check } from './check.ts'

/** Releases that the packages are tested with: those with the security fixes that the HTTP client needs. */
const releases = [
  [22, 22, 2],
  [24, 15, 0],
] as const
const newest = 26
/** No system that is looked after has a clock before this program was written. */
const writtenAt = Date.parse('2026-11-01T00:00:00Z')

/** Node.js, clock and the folder for temporary files. */
export async function checkMachine(): Promise<readonly Check[]> {
  return [checkNode(process.versions.node), checkClock(new Date()), await checkTemporary()]
}

/** Whether a release of Node.js is one that the packages support. */
export function checkNode(version: string): Check {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  const isKnown = releases.some(([a, b, c]) => major === a && (minor > b || (minor === b && patch >= c)))
  return isKnown || major >= newest
    ? { what: 'node', state: 'ok', message: version }
    : { what: 'node', state: 'fail', message: version, advice: 'Use Node.js 22.22.2, 24.15, 26 or later.' }
}

/** Whether the clock can be right. */
export function checkClock(now: Date): Check {
  const message = now.toISOString()
  return now.getTime() >= writtenAt
    ? { what: 'clock', state: 'ok', message }
    : {
        what: 'clock',
        state: 'fail',
        message,
        advice: 'Set the clock: ages of data, decisions and signatures are judged by it.',
      }
}

async function checkTemporary(): Promise<Check> {
  const folder = tmpdir()
  try {
    await access(folder, constants.W_OK)
    await rm(await mkdtemp(join(folder, 'sallyport-doctor-')), { recursive: true })
    return { what: 'temporary files', state: 'ok', message: folder }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return {
      what: 'temporary files',
      state: 'fail',
      message: `${folder} can't be written (${code})`,
      advice: 'Images are unpacked there: repair it, or set TMPDIR.',
    }
  }
}
