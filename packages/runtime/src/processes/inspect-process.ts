import { readFileSync, readlinkSync, statSync } from 'node:fs'
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
  try {
    const link = readlinkSync(`${directory}/exe`)
    const name = link.endsWith(deletedMark) ? link.slice(0, -deletedMark.length) : link
    const isMemory = link !== name && name.startsWith('/memfd:')
    const executable = await read(
      `${directory}/exe`,
      isMemory ? name.slice(1) : name,
      link === name ? 'present' : isMemory ? 'memory' : 'deleted',
    )
    const command = split(readText(`${directory}/cmdline`))
    const scripts = await findScripts(command)
    const libraries: RunningFile[] = []
    for (const { range, path, isDeleted, isMemory: memory } of parseMaps(readText(`${directory}/maps`))) {
      if (path === name && isDeleted === (link !== name)) continue
      const state = memory ? 'memory' : isDeleted ? 'deleted' : 'present'
      // By its range it is what was mapped; by its path it is what lies there now.
      libraries.push(await read(`${directory}/map_files/${range}`, memory ? path.slice(1) : path, state))
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
    for (const word of command.slice(1, 9)) {
      if (word === '' || word.startsWith('-') || word.includes('\0') || word.length > 4096) continue
      const path = resolveInside(word)
      if (path === undefined) continue
      found.push(path)
      if (found.length === 2) break
    }
    return found

    function resolveInside(word: string): RunningFile | undefined {
      const working = attempt(() => readlinkSync(`${directory}/cwd`)) ?? '/'
      const root = attempt(() => readlinkSync(`${directory}/root`)) ?? '/'
      const folder = root !== '/' && working.startsWith(root) ? working.slice(root.length) || '/' : working
      const parts: string[] = []
      for (const part of `${word.startsWith('/') ? '' : folder}/${word}`.split('/')) {
        if (part === '..') parts.pop()
        else if (part !== '' && part !== '.') parts.push(part)
      }
      const path = `/${parts.join('/')}`
      const stats = attempt(() => statSync(`${directory}/root${path}`))
      return stats?.isFile() ? { path, state: 'present' } : undefined
    }
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
