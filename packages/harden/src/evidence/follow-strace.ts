import {
  parseCall,
  parseStraceLine,
  type StraceArgument,
  type StraceLine,
  unescape,
} from './parse-strace-line.ts'
import {
  absolutePath,
  createTracedProcesses,
  type TracedProcess,
  type TracedProcesses,
} from './strace-processes.ts'
import type { EvidenceOperation } from './usage-evidence.ts'

/** A call that has returned. */
export type StraceCall = Extract<StraceLine, { readonly type: 'call' }>

/** The file that a call names. */
export interface StraceFile {
  /** Absolute path of the traced machine; a pattern of `EvidenceRecord` where it is not `exact`. */
  readonly path: string
  /** What was done to it. */
  readonly operation: EvidenceOperation
  /** Whether `path` is one path, and no pattern. */
  readonly exact: boolean
  /** Whether it was looked for in vain. */
  readonly isMissing: boolean
}

/** What a line of a recording tells. */
export type StraceStep =
  | {
      readonly type: 'call'
      readonly call: StraceCall
      /** The process after the call. */
      readonly process: TracedProcess
      readonly file?: StraceFile | undefined
    }
  /** A call that has not returned yet, and perhaps never does. */
  | { readonly type: 'begun'; readonly name: string; readonly pid: number | undefined }
  | { readonly type: 'unreadable' }

/**
 * Follows a recording of `strace -f` line by line: calls that others interrupt are put together, and what processes
 * inherit (folder, root, descriptors) is kept. `folder`: where the first process started.
 */
export async function* followStrace(
  lines: AsyncIterable<string>,
  folder?: string,
): AsyncGenerator<StraceStep, void, void> {
  const processes = createTracedProcesses(folder)
  const unfinished = new Map<number | undefined, string>()
  for await (const text of lines) {
    let line = parseStraceLine(text)
    if (line.type === 'unfinished') {
      unfinished.set(line.pid, line.text)
      if (isFork(line.text)) processes.startFork(line.pid, sharesFolder(line.text))
      const name = /^\w+(?=\()/.exec(line.text)?.[0]
      yield name === undefined ? { type: 'unreadable' } : { type: 'begun', name, pid: line.pid }
      continue
    }
    if (line.type === 'resumed') {
      const start = unfinished.get(line.pid)
      unfinished.delete(line.pid)
      line = start === undefined ? { type: 'unreadable' } : parseCall(start + line.text, line.pid, undefined)
    }
    if (line.type === 'unreadable') yield line
    else if (line.type === 'call') {
      const process = processes.get(line.pid)
      yield { type: 'call', call: line, process, file: takeCall(line, process, processes) }
    }
  }
}

const isFork = (text: string) => /^(?:clone3?|v?fork)\(/.test(text)
const sharesFolder = (text: string) => text.includes('CLONE_FS')

/** Calls that name a file: which argument it is, and which one the folder that it is relative to. */
const namingCalls: Readonly<
  Record<string, { readonly operation: EvidenceOperation; readonly path: number; readonly folder?: number }>
> = {
  execve: { operation: 'exec', path: 0 },
  execveat: { operation: 'exec', path: 1, folder: 0 },
  open: { operation: 'open', path: 0 },
  openat: { operation: 'open', path: 1, folder: 0 },
  openat2: { operation: 'open', path: 1, folder: 0 },
  uselib: { operation: 'mmap', path: 0 },
  stat: { operation: 'stat', path: 0 },
  stat64: { operation: 'stat', path: 0 },
  lstat: { operation: 'stat', path: 0 },
  lstat64: { operation: 'stat', path: 0 },
  newfstatat: { operation: 'stat', path: 1, folder: 0 },
  fstatat64: { operation: 'stat', path: 1, folder: 0 },
  statx: { operation: 'stat', path: 1, folder: 0 },
  access: { operation: 'stat', path: 0 },
  faccessat: { operation: 'stat', path: 1, folder: 0 },
  faccessat2: { operation: 'stat', path: 1, folder: 0 },
  readlink: { operation: 'stat', path: 0 },
  readlinkat: { operation: 'stat', path: 1, folder: 0 },
}

/** Keeps up with what a call changes for its process, and tells which file it names. */
function takeCall(
  call: StraceCall,
  process: TracedProcess,
  processes: TracedProcesses,
): StraceFile | undefined {
  const { name, pid, arguments: list, result } = call
  const value = resultOf(result)
  const naming = Object.hasOwn(namingCalls, name) ? namingCalls[name]! : undefined
  if (naming)
    return takeNamed(
      process,
      list[naming.path],
      folderOf(process, naming.folder, list),
      naming.operation,
      result,
    )
  switch (name) {
    case 'mmap':
    case 'mmap2': {
      const path = fileOf(process, list[4])
      if (path !== undefined && value !== -1 && list[2]?.text.includes('PROT_EXEC'))
        return { path, operation: 'mmap', exact: true, isMissing: false }
      break
    }
    case 'chdir':
      if (value === 0)
        process.place.folder = absolutePath(process, list[0]?.string ?? '', process.place.folder)
      break
    case 'fchdir':
      if (value === 0) process.place.folder = fileOf(process, list[0])
      break
    case 'chroot': {
      const root =
        value === 0 ? absolutePath(process, list[0]?.string ?? '', process.place.folder) : undefined
      if (root !== undefined) process.place.root = root === '/' ? '' : root
      break
    }
    case 'close':
      if (value === 0) process.files.delete(descriptorOf(list[0]))
      break
    case 'dup':
    case 'dup2':
    case 'dup3': {
      const path = fileOf(process, list[0])
      if (value !== undefined && value >= 0 && path !== undefined) process.files.set(value, path)
      break
    }
    case 'clone':
    case 'clone3':
    case 'fork':
    case 'vfork':
      processes.endFork(
        pid,
        value,
        list.some(({ text }) => sharesFolder(text)),
      )
      break
  }
  return undefined
}

function takeNamed(
  process: TracedProcess,
  argument: StraceArgument | undefined,
  folder: string | undefined,
  operation: EvidenceOperation,
  result: string,
): StraceFile | undefined {
  const name = argument?.string
  // An empty name is the descriptor itself (AT_EMPTY_PATH); a null one no file.
  if (argument === undefined || name === undefined || (name === '' && operation !== 'exec')) return undefined
  const path = absolutePath(process, name, folder)
  const value = resultOf(result)
  if (value !== undefined && value < 0) {
    // Any other error tells that the path is there.
    if (!/\bE(?:NOENT|NOTDIR)\b/.test(result)) return fileAt(path, name, argument, 'stat')
    return path === undefined || argument.isCut
      ? undefined
      : { path, operation: 'stat', exact: true, isMissing: true }
  }
  if (operation === 'exec') {
    process.program = (path ?? name).slice((path ?? name).lastIndexOf('/') + 1)
    process.executable = argument.isCut ? undefined : path
  }
  if (operation === 'open' && value !== undefined) {
    const opened = annotation(result) ?? (argument.isCut ? undefined : path)
    if (opened === undefined) process.files.delete(value)
    else process.files.set(value, opened)
  }
  return fileAt(path, name, argument, operation)
}

function fileAt(
  path: string | undefined,
  name: string,
  { isCut }: StraceArgument,
  operation: EvidenceOperation,
): StraceFile {
  const exact = path !== undefined && isCut !== true
  const pattern = `${path ?? `/*/${name.replace(/^(?:\.{1,2}\/)+/, '')}`}${isCut ? '*' : ''}`
  return { path: exact ? path : pattern, operation, exact, isMissing: false }
}

/** What a name is relative to: a descriptor of a folder, or the current folder. */
function folderOf(
  process: TracedProcess,
  index: number | undefined,
  list: readonly StraceArgument[],
): string | undefined {
  const argument = index === undefined ? undefined : list[index]
  if (argument === undefined) return process.place.folder
  if (argument.text.startsWith('AT_FDCWD')) return annotation(argument.text) ?? process.place.folder
  return fileOf(process, argument)
}

const descriptorOf = (argument: StraceArgument | undefined) => Number.parseInt(argument?.text ?? '', 10)

function fileOf(process: TracedProcess, argument: StraceArgument | undefined): string | undefined {
  if (argument === undefined) return undefined
  return annotation(argument.text) ?? process.files.get(descriptorOf(argument))
}

/** The path in `3</etc/passwd>` or `1</dev/null<char 1:3>>`, as `-y` and `-yy` write it. */
function annotation(text: string): string | undefined {
  const path = /^(?:\d+|AT_FDCWD)<(\/[^<>]*)[<>]/.exec(text)?.[1]
  return path === undefined ? undefined : unescape(path)
}

/** The number that a call returned; `undefined` when strace does not know it. */
function resultOf(result: string): number | undefined {
  const number = /^-?\d+/.exec(result)?.[0]
  return number === undefined ? undefined : Number(number)
}
