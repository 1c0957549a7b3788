import type { EvidenceSource, ReadEvidenceOptions } from './evidence-source.ts'
import {
  parseCall,
  parseStraceLine,
  type StraceArgument,
  type StraceLine,
  unescape,
} from './parse-strace-line.ts'
import { readLines } from './read-lines.ts'
import { createRecordCollector, type RecordCollector } from './record-collector.ts'
import {
  absolutePath,
  createTracedProcesses,
  type TracedProcess,
  type TracedProcesses,
} from './strace-processes.ts'
import type { EvidenceOperation, UsageEvidence } from './usage-evidence.ts'

/** Options of {@link readStrace}. */
export interface ReadStraceOptions extends ReadEvidenceOptions {
  /** Folder where the first process started. Default unknown: names relative to it are kept as patterns. */
  readonly workingDirectory?: string | undefined
}

type Call = Extract<StraceLine, { readonly type: 'call' }>

/**
 * Reads the output of `strace -f`, best with `-y` and with
 * `-e trace=execve,execveat,open,openat,openat2,mmap,chdir,fchdir,chroot,clone,clone3,fork,vfork`. Failed calls are
 * left out; what was looked for in vain is in `missing`. A process that calls chroot(2) is followed: name the folder in
 * `roots` when the tracer ran outside of the image.
 *
 * @throws {HardenError} `LIMIT_EXCEEDED`.
 */
export async function readStrace(
  recording: EvidenceSource,
  { workingDirectory, ...options }: ReadStraceOptions = {},
): Promise<UsageEvidence> {
  const { limits, signal } = options
  const collector = createRecordCollector('strace', options)
  const processes = createTracedProcesses(workingDirectory)
  const unfinished = new Map<number | undefined, string>()
  for await (const text of readLines(recording, { source: 'strace', limits, signal })) {
    let line = parseStraceLine(text)
    if (line.type === 'unfinished') {
      unfinished.set(line.pid, line.text)
      if (isFork(line.text)) processes.startFork(line.pid, sharesFolder(line.text))
      continue
    }
    if (line.type === 'resumed') {
      const start = unfinished.get(line.pid)
      unfinished.delete(line.pid)
      line = start === undefined ? { type: 'unreadable' } : parseCall(start + line.text, line.pid, undefined)
    }
    if (line.type === 'unreadable') collector.addGap('UNREADABLE', 'lines that are not as strace writes them')
    else if (line.type === 'call') takeCall(line, processes, collector)
  }
  return collector.finish(['exec', 'open'])
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

function takeCall(call: Call, processes: TracedProcesses, collector: RecordCollector): void {
  const { name, pid, arguments: list, result } = call
  if (call.time !== undefined) collector.addTime(call.time)
  const process = processes.get(pid)
  const value = resultOf(result)
  const naming = Object.hasOwn(namingCalls, name) ? namingCalls[name]! : undefined
  if (naming) {
    takeNamed(
      process,
      list[naming.path],
      folderOf(process, naming.folder, list),
      naming.operation,
      result,
      collector,
    )
    return
  }
  switch (name) {
    case 'mmap':
    case 'mmap2': {
      const path = fileOf(process, list[4])
      if (path !== undefined && value !== -1 && list[2]?.text.includes('PROT_EXEC'))
        collector.add({ path, operation: 'mmap', process: process.program })
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
}

function takeNamed(
  process: TracedProcess,
  argument: StraceArgument | undefined,
  folder: string | undefined,
  operation: EvidenceOperation,
  result: string,
  collector: RecordCollector,
): void {
  const name = argument?.string
  // An empty name is the descriptor itself (AT_EMPTY_PATH); a null one no file.
  if (argument === undefined || name === undefined || (name === '' && operation !== 'exec')) return
  const path = absolutePath(process, name, folder)
  const value = resultOf(result)
  if (value !== undefined && value < 0) {
    // Any other error tells that the path is there.
    if (!/\bE(?:NOENT|NOTDIR)\b/.test(result))
      addPath(path, name, argument, { operation: 'stat' }, process, collector)
    else if (path !== undefined && !argument.isCut) collector.addMissing(path)
    return
  }
  if (operation === 'exec') process.program = (path ?? name).slice((path ?? name).lastIndexOf('/') + 1)
  addPath(path, name, argument, { operation }, process, collector)
  if (operation !== 'open' || value === undefined) return
  const opened = annotation(result) ?? (argument.isCut ? undefined : path)
  if (opened === undefined) process.files.delete(value)
  else process.files.set(value, opened)
}

function addPath(
  path: string | undefined,
  name: string,
  { isCut }: StraceArgument,
  { operation }: { readonly operation: EvidenceOperation },
  { program }: TracedProcess,
  collector: RecordCollector,
): void {
  const exact = path !== undefined && isCut !== true
  const pattern = `${path ?? `/*/${name.replace(/^(?:\.{1,2}\/)+/, '')}`}${isCut ? '*' : ''}`
  collector.add({ path: exact ? path : pattern, operation, process: program, exact })
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

/** The path in `3</etc/passwd>`, as `-y` writes it. */
function annotation(text: string): string | undefined {
  const path = /^(?:\d+|AT_FDCWD)<(\/[^>]*)>/.exec(text)?.[1]
  return path === undefined ? undefined : unescape(path)
}

/** The number that a call returned; `undefined` when strace does not know it. */
function resultOf(result: string): number | undefined {
  const number = /^-?\d+/.exec(result)?.[0]
  return number === undefined ? undefined : Number(number)
}
