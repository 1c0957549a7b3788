import { RuntimeError } from '../errors.ts'
import type { ProcessFinding } from '../processes/judge-processes.ts'
import type { DriftFinding } from './drift-finding.ts'
import { isWithin } from './expected-paths.ts'

/** Something that is not of the image and may run all the same, because who runs the container says so. */
export type AllowedDrift = AllowedContent | AllowedMemory

/** Content that is allowed, such as a script of a ConfigMap. Never what has set-uid, set-gid, a capability, or is a device. */
export interface AllowedContent {
  /** SHA-256 in hex. */
  readonly sha256: string
  /** Where it may lie: there, or below. */
  readonly path: string
  /** Why; it is told in every report. */
  readonly reason: string
}

/** Memory that is allowed to be mapped as code, such as `doublemapper` of .NET. */
export interface AllowedMemory {
  /** The name that the program gave it (memfd_create(2)). Anybody can give it. */
  readonly memory: string
  /** Path of the program that may have it. */
  readonly executable: string
  /** Why; it is told in every report. */
  readonly reason: string
}

/** What was found and is allowed, by reason. */
export interface AllowedCount {
  /** Why it is allowed. */
  readonly reason: string
  /** How many. */
  readonly count: number
  /** Paths, at most five. */
  readonly examples: readonly string[]
}

/** Findings without those that are allowed, which are counted. */
export interface SiftedFindings {
  readonly files: readonly DriftFinding[]
  readonly processes: readonly ProcessFinding[]
  readonly allowed: readonly AllowedCount[]
}

/** @throws {RuntimeError} `OPTIONS_INVALID` when an entry would allow more than it says, or says no reason. */
export function checkAllowed(allowed: readonly AllowedDrift[]): void {
  for (const [at, entry] of allowed.entries()) {
    const isExact =
      'sha256' in entry
        ? /^[0-9a-f]{64}$/.test(entry.sha256) && /^\/./.test(entry.path)
        : entry.memory !== '' && entry.executable.startsWith('/')
    if (!isExact || entry.reason.trim() === '')
      throw new RuntimeError(
        'OPTIONS_INVALID',
        `allowed drift ${at + 1} needs a SHA-256 in hex and an absolute path below the root, or a name of memory and the path of its program; and a reason`,
      )
  }
}

/** Takes out what is allowed. */
export function siftAllowed(
  files: readonly DriftFinding[],
  processes: readonly ProcessFinding[],
  allowed: readonly AllowedDrift[],
): SiftedFindings {
  const counts = new Map<string, { count: number; examples: string[] }>()
  const remains =
    <T extends DriftFinding | ProcessFinding>(isMeant: (entry: AllowedDrift, finding: T) => boolean) =>
    (finding: T): boolean => {
      const entry = allowed.find((one) => isMeant(one, finding))
      if (!entry) return true
      const found = counts.get(entry.reason) ?? { count: 0, examples: [] }
      counts.set(entry.reason, found)
      found.count += 1
      if (found.examples.length < 5) found.examples.push(finding.path)
      return false
    }
  return {
    files: files.filter(remains(isAllowedFile)),
    processes: processes.filter(remains(isAllowedProcess)),
    allowed: [...counts].map(([reason, found]) => ({ reason, ...found })),
  }
}

const isContent = (entry: AllowedDrift, { sha256, path }: Pick<DriftFinding, 'sha256' | 'path'>): boolean =>
  'sha256' in entry && entry.sha256 === sha256 && isWithin(path, entry.path)

const isAllowedFile = (entry: AllowedDrift, finding: DriftFinding): boolean =>
  isContent(entry, finding) &&
  finding.class !== 'deleted' &&
  !finding.flags.some((flag) => /^(set-uid|set-gid|capability|device)$/.test(flag))

function isAllowedProcess(entry: AllowedDrift, finding: ProcessFinding): boolean {
  if (isContent(entry, finding)) return finding.problem.startsWith('foreign-')
  return (
    'memory' in entry &&
    finding.problem === 'foreign-library' &&
    finding.path === `memfd:${entry.memory}` &&
    finding.executable === entry.executable
  )
}
