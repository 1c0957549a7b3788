import type { FileRecord } from '@sallyport/core'
import type { DriftChange, DriftClass, DriftFinding, DriftFlag, DriftSeverity } from './drift-finding.ts'
import { type ExpectedReason, expectedAt, isEngineFile, isWithin } from './expected-paths.ts'
import type { FileBaseline } from './file-baseline.ts'
import type { PresentFile } from './file-observation.ts'
import { sensitivityOf, sensitivityOfEntry } from './sensitive-paths.ts'

/** What a file that is there amounts to. */
export type FileJudgement =
  | { readonly is: 'same' }
  | { readonly is: 'expected'; readonly reason: ExpectedReason }
  | { readonly is: 'unknown'; readonly message: string }
  | { readonly is: 'drift'; readonly finding: DriftFinding }

/** What judging depends on besides the file. */
export interface JudgeContext {
  readonly baseline: FileBaseline
  /** Paths that are declared to be written to. */
  readonly writable: readonly string[]
  /** Whether to be told at all means that it was written to. */
  readonly isTouched: boolean
}

type Present = PresentFile
const setUid = 0o4000
const setGid = 0o2000
const executeBits = 0o111
const writableByAll = 0o002

/**
 * Compares one file with that of the image. Content counts by its hash alone; what can be executed, gives rights or is
 * sensitive is never expected, wherever it lies.
 */
export function judgeFile(file: Present, context: JudgeContext): FileJudgement {
  const known = context.baseline.get(file.path)
  if (!known) return judgeAdded(file, flagsOf(file), context)
  const changes = compareRecords(file, known)
  // Most files are the image's: nothing else is asked of them.
  if (changes?.length === 0) {
    if (!context.isTouched || file.type === 'directory') return { is: 'same' }
    return drift(
      file,
      'metadata-only',
      'info',
      [],
      [],
      'was touched; content, mode and owner are the image’s',
    )
  }
  const flags = flagsOf(file)
  if (changes === undefined) {
    // Nobody can tell what it holds; data that may differ anyhow needs nobody to.
    const reason = flags.length === 0 ? expectedReason(file, context) : undefined
    return reason
      ? { is: 'expected', reason }
      : { is: 'unknown', message: `${file.path} was written to while it was read, or not read` }
  }
  // Engines replace these in every container, whatever mode the image's own has.
  if (isEngineFile(file.path) && flags.length === 0) return { is: 'expected', reason: 'engine-file' }
  const holds = changes.some(({ property }) => /^(type|content|link-target|device)$/.test(property))
  return holds
    ? judgeChanged(file, known, flags, changes, context)
    : judgeMetadata(file, known, flags, changes, context)
}

function judgeAdded(file: Present, flags: readonly DriftFlag[], context: JudgeContext): FileJudgement {
  const { path, type } = file
  const say = (kind: DriftClass, severity: DriftSeverity, message: string) =>
    drift(file, kind, severity, flags, [], message, context.baseline)
  const sensitive = sensitivityOfEntry(file)
  if (type === 'directory') {
    const reason = expectedReason(file, context)
    if (reason) return { is: 'expected', reason }
    if (context.writable.some((place) => isWithin(place, path)))
      return { is: 'expected', reason: 'parent-directory' }
    return say('data-added', 'minor', 'is a directory that the image does not have')
  }
  // Engines mount a `/dev` with devices, and `/dev/null` over what of `/proc` and `/sys` must not be seen; one anywhere else
  // was made, and disks and memory are no part of it.
  const isOfEngine = ['/dev', '/proc', '/sys'].some((place) => isWithin(path, place))
  if (flags.includes('device') && file.mount !== undefined && isOfEngine && !isRaw(file))
    return { is: 'expected', reason: 'pseudo-file-system' }
  if (flags.includes('device')) return say('data-added', 'high', 'is a device that the image does not have')
  if (isProgram(flags))
    return say('binary-added', 'high', `is ${nameProgram(flags)} that the image does not have`)
  if (type === 'symlink' && isProgramPlace(path))
    return say('binary-added', 'high', `leads to ${quote(file.linkTarget)}, where programs are looked for`)
  if (sensitive === 'package-database')
    return say(
      'package-installed',
      'medium',
      'is an entry of the package database that the image does not have',
    )
  if (sensitive) return say('script-or-config-changed', 'high', `was added: ${describeFlag(sensitive)}`)
  const reason = expectedReason(file, context)
  if (reason) return { is: 'expected', reason }
  if (isConfiguration(path))
    return say('script-or-config-changed', 'medium', 'is configuration that was added')
  return say('data-added', 'minor', `is a ${type} that the image does not have`)
}

function judgeChanged(
  file: Present,
  known: FileRecord,
  flags: readonly DriftFlag[],
  changes: readonly DriftChange[],
  context: JudgeContext,
): FileJudgement {
  const { path } = file
  const say = (kind: DriftClass, severity: DriftSeverity, message: string) =>
    drift(file, kind, severity, flags, changes, message, context.baseline)
  const what =
    changes[0]?.property === 'type' ? `is a ${file.type} instead of a ${known.type}` : 'has other content'
  const led = known.type === 'symlink' ? context.baseline.resolve(path) : undefined
  const led2 = file.linkTarget === undefined ? undefined : context.baseline.resolve(path)
  if (flags.includes('device')) return say('binary-changed', 'high', what)
  const program = isExecutable(known) || (led !== undefined && isExecutable(led)) || isProgram(flags)
  if (program || (led2 !== undefined && isProgramPlace(path))) {
    const isBinary =
      known.magic === 'elf' || led?.magic === 'elf' || file.magic === 'elf' || !isScript(file, known)
    return isBinary
      ? say(
          'binary-changed',
          'high',
          file.linkTarget === undefined ? what : `leads to ${quote(file.linkTarget)} now`,
        )
      : say('script-or-config-changed', 'high', `is a script that ${what}`)
  }
  const sensitive = sensitivityOfEntry(file)
  if (sensitive === 'package-database')
    return say('package-installed', 'medium', 'is of the package database, which has other content')
  if (sensitive) return say('script-or-config-changed', 'high', `${what}: ${describeFlag(sensitive)}`)
  const reason = expectedReason(file, context)
  // A link would excuse whatever it leads to, and bytecode that the image came with is code.
  const isLed = known.type === 'directory' && file.type === 'symlink' && reason !== 'declared-writable'
  if (reason && reason !== 'bytecode-cache' && !isLed) return { is: 'expected', reason }
  if (isConfiguration(path) || known.magic === 'script' || reason === 'bytecode-cache')
    return say('script-or-config-changed', 'medium', what)
  return say('data-changed', 'minor', what)
}

function judgeMetadata(
  file: Present,
  known: FileRecord,
  flags: readonly DriftFlag[],
  changes: readonly DriftChange[],
  context: JudgeContext,
): FileJudgement {
  const say = (severity: DriftSeverity) =>
    drift(
      file,
      'permission-or-capability-changed',
      severity,
      flags,
      changes,
      `has ${changes.map(({ property, was, is }) => `${property} ${is} instead of ${was}`).join(', ')}`,
    )
  const gained = (bits: number) => (file.mode & bits & ~known.mode) !== 0
  const isFile = file.type === 'file'
  const capability = changes.some(({ property }) => property === 'capability') && file.capability !== ''
  if (capability || (isFile && (gained(setUid | setGid) || gained(executeBits)))) return say('high')
  if (file.type !== 'symlink' && gained(writableByAll) && !(file.mode & 0o1000)) {
    if (isExecutable(known) || sensitivityOf(file.path)) return say('high')
  }
  if (sensitivityOf(file.path)) return say('medium')
  if (isProgram(flags)) return say('minor')
  const reason = expectedReason(file, context)
  if (reason) return { is: 'expected', reason }
  return say('minor')
}

/** How they differ; `undefined` when it can't be told. */
function compareRecords(file: Present, known: FileRecord): readonly DriftChange[] | undefined {
  if (file.type !== known.type) return [{ property: 'type', was: known.type, is: file.type }]
  const changes: DriftChange[] = []
  const compare = (property: DriftChange['property'], was: string, is: string) => {
    if (was !== is) changes.push({ property, was, is })
  }
  if (file.type === 'file') {
    if (file.isUnstable || file.sha256 === undefined) return undefined
    compare('content', `sha256:${known.sha256}`, `sha256:${file.sha256}`)
  }
  if (file.type === 'symlink') compare('link-target', known.linkTarget ?? '', file.linkTarget ?? '')
  if (known.device !== undefined && file.device !== undefined) compare('device', known.device, file.device)
  // The mode of a link means nothing.
  if (file.type !== 'symlink') compare('mode', octal(known.mode), octal(file.mode))
  compare('owner', `${known.uid}:${known.gid}`, `${file.uid}:${file.gid}`)
  if (file.type === 'file' && file.capability !== undefined)
    compare('capability', known.xattrs?.['security.capability'] ?? '', file.capability)
  return changes
}

function flagsOf(file: Present): readonly DriftFlag[] {
  const flags: DriftFlag[] = []
  if (file.type === 'character-device' || file.type === 'block-device') flags.push('device')
  if (file.type === 'file') {
    if (file.mode & executeBits) flags.push('executable-bit')
    if (file.mode & setUid) flags.push('set-uid')
    if (file.mode & setGid) flags.push('set-gid')
    if (file.capability) flags.push('capability')
    if (file.magic) flags.push(file.magic)
  }
  const sensitive = file.type === 'directory' ? undefined : sensitivityOfEntry(file)
  if (sensitive) flags.push(sensitive)
  return flags
}

/** Disks, and the memory and ports of the machine: `/dev/mem`, `/dev/kmem`, `/dev/port`. */
const isRaw = ({ type, device }: Present): boolean =>
  type === 'block-device' || /^1:[124]$/.test(device ?? '')

const programFlags: readonly DriftFlag[] = [
  'executable-bit',
  'elf',
  'script',
  'set-uid',
  'set-gid',
  'capability',
]
const isProgram = (flags: readonly DriftFlag[]): boolean => flags.some((flag) => programFlags.includes(flag))

/** Whether a file of an image can be executed or loaded. */
export const isExecutable = ({ type, mode, magic }: FileRecord): boolean =>
  type === 'file' && (magic !== undefined || (mode & executeBits) !== 0)

const isScript = (file: Present, known: FileRecord): boolean =>
  known.magic === 'script' || (known.magic === undefined && file.magic === 'script')

const isProgramPlace = (path: string): boolean =>
  /^\/(usr\/(local\/)?)?(s?bin|lib(32|64|x32|exec)?)\//.test(path) && !path.includes('/__pycache__/')

const configurationNames =
  /\.(conf|cnf|cfg|ini|ya?ml|toml|properties|env|service|timer|socket|rules|py|pl|pm|rb|js|mjs|cjs|php|lua|sh|bash|jar|war|class|ko)$/

const isConfiguration = (path: string): boolean => path.startsWith('/etc/') || configurationNames.test(path)

const expectedReason = (
  { path, mount }: Pick<Present, 'path' | 'mount'>,
  { writable }: JudgeContext,
): ExpectedReason | undefined =>
  expectedAt(path, writable) ?? (mount === undefined ? undefined : 'mounted-data')

function nameProgram(flags: readonly DriftFlag[]): string {
  const kind = flags.includes('elf')
    ? 'a program or library'
    : flags.includes('script')
      ? 'a script'
      : 'an executable'
  const rights = flags.filter((flag) => /^(set-|capability)/.test(flag))
  return rights.length > 0 ? `${kind} with ${rights.join(', ')}` : kind
}

const flagTexts: Partial<Record<DriftFlag, string>> = {
  'account-database': 'it says who may log in',
  'sudo-rules': 'it says who may become somebody else',
  preload: 'it is loaded into programs, or says what is',
  'scheduled-job': 'it says what is run at times or at start',
  'trusted-certificates': 'it says which certificates are trusted',
  'authorized-keys': 'it says who may log in from outside',
}
const describeFlag = (flag: DriftFlag): string => flagTexts[flag] ?? flag

const octal = (mode: number): string => mode.toString(8).padStart(4, '0')
const quote = (text: string | undefined): string => JSON.stringify((text ?? '').slice(0, 200))

function drift(
  { path, sha256, mount }: Present,
  kind: DriftClass,
  severity: DriftSeverity,
  flags: readonly DriftFlag[],
  changes: readonly DriftChange[],
  message: string,
  baseline?: FileBaseline,
): FileJudgement {
  const sameAs = sha256 === undefined ? undefined : baseline?.pathOf(sha256)
  return {
    is: 'drift',
    finding: {
      path,
      class: kind,
      severity,
      message: `${path} ${message}`,
      flags,
      changes,
      ...(sha256 !== undefined && { sha256 }),
      ...(sameAs !== undefined && sameAs !== path && { sameAs }),
      ...(mount !== undefined && { mount }),
    },
  }
}
