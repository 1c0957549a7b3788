import { lstatSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { openInside } from '../collect/open-inside.ts'
import type { Pace } from '../collect/pace.ts'
import { hashFile } from '../collect/hash-file.ts'
import type { HashCache } from '../collect/hash-cache.ts'
import { findScriptWords, maxWords } from './find-script-words.ts'
import { parseMaps } from './parse-maps.ts'
import { attempt, directoryOf } from './process-directory.ts'
import type { GivenFile, ObservedProcess, RunningFile } from './observed-process.ts'

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
const deletedMark = ' (deleted)'

/** Looks at one process: what it runs, what it loaded, and what its environment makes it load. */
export async function inspectProcess(pid: number, context: InspectContext): Promise<Inspection> {
  const directory = directoryOf(context.procDirectory, pid)
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
    const scripts = await findScripts(inside(name), command)
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
      command: command.slice(0, maxArguments).map((word) => word.slice(0, 200)),
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

  /** What an interpreter is given to run; of other programs the first two files that are named to them. */
  async function findScripts(program: string, command: readonly string[]): Promise<readonly GivenFile[]> {
    const words = findScriptWords(program, command)
    if (words && command.length > maxWords)
      problems.push(`process ${pid} was given more than ${maxWords} words`)
    const found: GivenFile[] = []
    for (const word of words?.code ?? []) {
      const file = await readGiven(word)
      if (file) found.push({ ...file, isRun: true })
    }
    const isRun = words !== undefined
    const named = words?.candidates ?? command.slice(1, 9).filter((word) => !word.startsWith('-'))
    let left = isRun ? 1 : 2
    for (const word of named) {
      const file = await readGiven(word)
      if (file) found.push({ ...file, isRun })
      if (file && --left === 0) break
    }
    return found
  }

  /** Most words name no file. */
  async function readGiven(word: string): Promise<RunningFile | undefined> {
    if (word === '' || word.length > 4096) return undefined
    const working = inside(attempt(() => readlinkSync(`${directory}/cwd`)) ?? '/')
    try {
      return await openInside(
        `${directory}/root`,
        word.startsWith('/') ? word : `${working}/${word}`,
        (access, resolved) =>
          lstatSync(access).isFile() ? read(access, resolved, 'present') : Promise.resolve(undefined),
      )
    } catch (error) {
      if (!(error instanceof Error && 'code' in error)) throw error
      if (/^(ENOENT|ENOTDIR|ENAMETOOLONG|EINVAL|ELOOP)$/.test(String(error.code))) return undefined
      problems.push(`${word.slice(0, 200)}, given to process ${pid}, can not be read: ${String(error.code)}`)
      return undefined
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

// What is left out would not be looked at: the kernel limits how long they are.
const readText = (path: string): string => readFileSync(path, 'utf8')
const split = (text: string): readonly string[] => text.replace(/\0$/, '').split('\0')
