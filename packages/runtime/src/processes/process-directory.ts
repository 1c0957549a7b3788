import { readdirSync, readlinkSync } from 'node:fs'

/**
 * The directory that tells of a process. When its first thread has ended, nothing is told there any more though others run
 * on; then it is the directory of one of them.
 */
export function directoryOf(procDirectory: string, pid: number): string {
  const directory = `${procDirectory}/${pid}`
  if (tells(directory)) return directory
  const threads = attempt(() => readdirSync(`${directory}/task`)) ?? []
  const alive = threads.find((thread) => tells(`${procDirectory}/${thread}`))
  return alive === undefined ? directory : `${procDirectory}/${alive}`
}

/** What may not be read is there: who asks further is told so. */
function tells(directory: string): boolean {
  try {
    readlinkSync(`${directory}/exe`)
    return true
  } catch (error) {
    return !(error instanceof Error && 'code' in error && /^(ENOENT|ESRCH)$/.test(String(error.code)))
  }
}

/** What `read` gives; `undefined` when the system refuses. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
