import { lstatSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { openInside } from '../collect/open-inside.ts'
import type { Pace } from '../collect/pace.ts'
import { hashFile } from '../collect/hash-file.ts'
import type { HashCache } from '../collect/hash-cache.ts'
import { parseMaps } from './parse-maps.ts'
import type { ObservedProcess, RunningFile } from './observed-process.ts'

/** What processes are looked at with. */
export interface InspectContext {
  readonly procDirectory: string
  readonly pace: Pace
  readonly cache?: HashCache | undefined
}

/** What became of looking at a process. */
export type Inspection =
  | { readonly state: 'seen'; readonly process: ObservedProcess; readonly problems: readonly string[] }
  | { readonly state: 'ended' }
  | { readonly state: 'denied'; readonly message: string }

const maxArguments = 64
const maxText = 1024 * 1024
const deletedMark = ' (deleted)'

/** Looks at one process: what it runs, what it loaded, and what its environment makes it load. */
export async function inspectProcess(pid: number, context: InspectContext): Promise<Inspection> {
  const directory = `${context.procDirectory}/${pid}`
  const problems: string[] = []
  // Of a process in a chroot the kernel tells paths from outside of it.
  const root = attempt(() => readlinkSync(`${directory}/root`)) ?? '/'
  const inside = (path: string) =>
    root !== '/' && path.startsWith(`${root}/`) ? path.slice(root.length) : path === root ? '/' : path
  try {
    const link = readlinkSync(`${directory}/exe`)
    const name = link.endsWith(deletedMark) ? link.slice(0, -deletedMark.length) : link
    const isMemory = link !== name && name.startsWith('/memfd:')
    const executable = await read(
      `${directory}/exe`,
      isMemory ? name.slice(1) : inside(name),
      link === name ? 'present' : isMemory ? 'memory' : 'deleted',
    )
    const command = split(readText(`${directory}/cmdline`))
    const scripts = await findScripts(command)
    const libraries: RunningFile[] = []
    for (const { range, path, isDeleted, isMemory: memory } of parseMaps(readText(`${directory}/maps`))) {
      if (path === name && isDeleted === (link !== name)) continue
      const state = memory ? 'memory' : isDeleted ? 'deleted' : 'present'
      // By its range it is what was mapped; by its path it is what lies there now.
      libraries.push(
        await read(`${directory}/map_files/${range}`, memory ? path.slice(1) : inside(path), state),
      )
    }
    const process = {
      pid,
      executable,
      command: command.map((word) => word.slice(0, 200)),
      scripts,
      libraries,
      preload: readPreload(),
    }
    // Only now it is sure that all of it was of one process.
    statSync(directory)
    return { state: 'seen', process, problems }
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : undefined
    if (code === 'ENOENT' || code === 'ESRCH') return { state: 'ended' }
    if (code === undefined) throw error
    return { state: 'denied', message: `process ${pid} can not be looked at: ${code}` }
  }

  async function read(access: string, path: string, state: RunningFile['state']): Promise<RunningFile> {
    try {
      const stats = statSync(access, { bigint: true })
      const known = context.cache?.find(stats)
      if (known) return { path, state, sha256: known.sha256, magic: known.magic }
      const { sha256, magic, isUnstable } = await hashFile(access, undefined, context.pace)
      if (!isUnstable) return { path, state, sha256, magic }
      problems.push(`${path} of process ${pid} was written to while it was read`)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
      problems.push(`${path} of process ${pid} can not be read: ${code}`)
    }
    return { path, state }
  }

  /** The first words that are no options, as far as they name files: `sh -e x.sh`, `python3 -u app.py`. */
  async function findScripts(command: readonly string[]): Promise<readonly RunningFile[]> {
    const found: RunningFile[] = []
    const working = inside(attempt(() => readlinkSync(`${directory}/cwd`)) ?? '/')
    for (const word of command.slice(1, 9)) {
      if (word === '' || word.startsWith('-') || word.length > 4096) continue
      const path = word.startsWith('/') ? word : `${working}/${word}`
      try {
        const script = await openInside(`${directory}/root`, path, (access, resolved) =>
          lstatSync(access).isFile() ? read(access, resolved, 'present') : Promise.resolve(undefined),
        )
        if (script) found.push(script)
      } catch (error) {
        // Most words name no file.
        if (!(error instanceof Error && 'code' in error)) throw error
      }
      if (found.length === 2) break
    }
    return found
  }

  function readPreload(): Readonly<Record<string, string>> {
    const set: Record<string, string> = {}
    for (const entry of split(readText(`${directory}/environ`))) {
      const match = /^(LD_PRELOAD|LD_AUDIT)=(.+)$/s.exec(entry)
      if (match) set[match[1]!] = match[2]!.slice(0, 500)
    }
    return set
  }
}

const readText = (path: string): string => readFileSync(path, 'utf8').slice(0, maxText)
const split = (text: string): readonly string[] => text.split('\0', maxArguments * 64).slice(0, -1)

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
