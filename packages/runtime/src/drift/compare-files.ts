import type { FileRecord } from '@sallyport/core'
import { type DriftFinding, type DriftSeverity, driftSeverities } from './drift-finding.ts'
import type { ExpectedReason } from './expected-paths.ts'
import { type FileBaseline, parentOf } from './file-baseline.ts'
import type { FileObservation, PresentFile, UnknownFile } from './file-observation.ts'
import { judgeDeleted } from './judge-deleted.ts'
import { judgeFile, type JudgeContext } from './judge-file.ts'

/** Options of {@link compareFiles}. */
export interface CompareFilesOptions {
  /** `tree`: all files were told, so what was not is deleted. `changes`: only what differs was told. */
  readonly coverage: 'tree' | 'changes'
  /** Paths that the workload writes to (volumes, `emptyDir`, tmpfs); executables there are drift all the same. Default none. */
  readonly writable?: readonly string[] | undefined
  /** Most findings of each severity, and most unknown paths, that are told; more are counted. Default 1,000. */
  readonly maxFindings?: number | undefined
}

/** What was expected to differ, by reason. */
export interface ExpectedCount {
  /** Why it was expected. */
  readonly reason: ExpectedReason
  /** How many. */
  readonly count: number
  /** At most five. */
  readonly examples: readonly string[]
}

/** How the files of a container differ from its image. */
export interface FileComparison {
  /** The worst first, then by path. */
  readonly findings: readonly DriftFinding[]
  /** What was expected to differ, by reason. */
  readonly expected: readonly ExpectedCount[]
  /** What could not be told. */
  readonly unknown: readonly UnknownFile[]
  /** Files that were looked at. */
  readonly seen: number
  /** What was found and left out of the lists above. */
  readonly omitted: { readonly findings: number; readonly unknown: number }
}

/** Takes what a collector saw, one by one, and compares it. Pure: reads nothing. */
export interface FileComparer {
  /** Compares one path. */
  add(observation: FileObservation): void
  /** What the comparison came to; nothing may be added after it. */
  finish(): FileComparison
}

/** Compares what a collector tells with the files of an image. */
export function createFileComparer(baseline: FileBaseline, options: CompareFilesOptions): FileComparer {
  const comparison = new Comparison(baseline, options)
  return { add: (observation) => comparison.add(observation), finish: () => comparison.finish() }
}

/** {@link createFileComparer} over a list. */
export function compareFiles(
  baseline: FileBaseline,
  observations: Iterable<FileObservation>,
  options: CompareFilesOptions,
): FileComparison {
  const comparison = new Comparison(baseline, options)
  for (const observation of observations) comparison.add(observation)
  return comparison.finish()
}

class Comparison {
  readonly #baseline: FileBaseline
  readonly #coverage: CompareFilesOptions['coverage']
  readonly #context: JudgeContext
  readonly #max: number
  readonly #findings = new Map<DriftSeverity, DriftFinding[]>()
  readonly #expected = new Map<ExpectedReason, { count: number; examples: string[] }>()
  readonly #unknown: UnknownFile[] = []
  readonly #seen = new Set<string>()
  readonly #deleted = new Set<string>()
  readonly #opaque = new Set<string>()
  readonly #covered = new Set<string>()
  readonly #unread = new Set<string>()
  readonly #redirected: { readonly path: string; readonly from: string }[] = []
  readonly #deletedContent = new Map<string, string>()
  #withoutAttributes: { readonly path: string; count: number } | undefined
  #seenCount = 0
  #omittedFindings = 0
  #omittedUnknown = 0

  constructor(baseline: FileBaseline, { coverage, writable = [], maxFindings = 1000 }: CompareFilesOptions) {
    this.#baseline = baseline
    this.#coverage = coverage
    this.#max = maxFindings
    this.#context = { baseline, writable, isTouched: coverage === 'changes' }
  }

  add(observation: FileObservation): void {
    const { path } = observation
    switch (observation.kind) {
      case 'present':
        this.#seenCount += 1
        this.#seen.add(path)
        this.#judge(observation)
        break
      case 'deleted':
        this.#deleted.add(path)
        break
      case 'opaque':
        this.#opaque.add(path)
        break
      case 'redirected':
        this.#redirected.push(observation)
        break
      case 'mounted':
        this.#seen.add(path)
        this.#covered.add(path)
        if (!observation.isWalked) this.#expect('pseudo-file-system', path)
        break
      case 'named':
        this.#addUnknown({
          kind: 'unknown',
          path,
          reason: 'name-only',
          message: `${path} was ${observation.change}; its content could not be read`,
        })
        this.#seen.add(path)
        break
      case 'unknown':
        this.#seen.add(path)
        this.#unread.add(path)
        this.#addUnknown(observation)
        break
    }
  }

  finish(): FileComparison {
    for (const { path, from } of this.#redirected) this.#addRedirected(path, from)
    this.#judgeMissing()
    if (this.#withoutAttributes) {
      const { path, count } = this.#withoutAttributes
      this.#addUnknown({
        kind: 'unknown',
        path,
        reason: 'attributes-unreadable',
        message: `the capabilities of ${count} executables could not be read`,
      })
    }
    const findings = driftSeverities
      .flatMap((severity) => (this.#findings.get(severity) ?? []).sort(byPath))
      .map((finding) => this.#pairMoved(finding))
    return {
      findings,
      expected: [...this.#expected].map(([reason, found]) => ({ reason, ...found })),
      unknown: this.#unknown,
      seen: this.#seenCount,
      omitted: { findings: this.#omittedFindings, unknown: this.#omittedUnknown },
    }
  }

  #judge(file: PresentFile): void {
    // What nobody can execute gets nothing from a capability.
    if (file.type === 'file' && file.capability === undefined && (file.mode & 0o111) !== 0) {
      this.#withoutAttributes ??= { path: file.path, count: 0 }
      this.#withoutAttributes.count += 1
    }
    const judgement = judgeFile(file, this.#context)
    switch (judgement.is) {
      case 'same':
        break
      case 'expected':
        this.#expect(judgement.reason, file.path)
        break
      case 'unknown':
        this.#addUnknown({
          kind: 'unknown',
          path: file.path,
          reason: file.isUnstable ? 'changed-while-read' : 'unreadable',
          message: judgement.message,
        })
        break
      case 'drift':
        this.#addFinding(judgement.finding)
    }
  }

  /** What lies in a directory that was renamed: the image's own files, under other names. */
  #addRedirected(path: string, from: string): void {
    for (const file of this.#baseline.below(from)) {
      const moved = `${path}${file.path.slice(from === '/' ? 0 : from.length)}`
      if (this.#seen.has(moved) || this.#isGone(moved)) continue
      const { xattrs, ...rest } = file
      const capability = xattrs?.['security.capability'] ?? ''
      this.add({ ...rest, kind: 'present', path: moved, capability })
    }
  }

  #isGone(path: string): boolean {
    for (let at = path; at !== '/'; at = parentOf(at)) if (this.#deleted.has(at)) return true
    return false
  }

  /** Finds what of the image is not there any more, each with the topmost directory that is gone. */
  #judgeMissing(): void {
    const gone = new Map<string, { readonly file: FileRecord; readonly below: FileRecord[] }>()
    const hidden = new Set<string>()
    const unread = new Set<string>()
    const opaque = new Set<string>()
    for (const file of this.#baseline.files()) {
      const { path } = file
      if (path === '/') {
        if (this.#opaque.has('/')) opaque.add('/')
        continue
      }
      const parent = parentOf(path)
      if (this.#opaque.has(path) || opaque.has(parent)) opaque.add(path)
      const above = gone.get(parent)
      if (above) {
        // A copy of another directory's may be there again.
        if (this.#seen.has(path)) continue
        above.below.push(file)
        gone.set(path, above)
        continue
      }
      const isDeleted = this.#deleted.has(path)
      if (!isDeleted && (this.#unread.has(parent) || unread.has(parent))) {
        unread.add(path)
        continue
      }
      if (!isDeleted && (this.#covered.has(parent) || hidden.has(parent))) {
        hidden.add(path)
        if (!this.#seen.has(path)) this.#expect('mounted-over', path)
        continue
      }
      const isMissing =
        isDeleted || (!this.#seen.has(path) && (this.#coverage === 'tree' || opaque.has(parent)))
      if (isMissing && !this.#seen.has(path)) gone.set(path, { file, below: [] })
    }
    for (const top of new Set(gone.values())) {
      const judgement = judgeDeleted(top.file, top.below, this.#context.writable)
      if (judgement.is === 'expected') {
        this.#expect(judgement.reason, top.file.path)
        continue
      }
      for (const { path, sha256, size } of [top.file, ...top.below])
        if (sha256 !== undefined && size > 0) this.#deletedContent.set(sha256, path)
      this.#addFinding(judgement.finding)
    }
  }

  #pairMoved(finding: DriftFinding): DriftFinding {
    const { sha256, class: kind } = finding
    if (sha256 === undefined || kind === 'deleted') return finding
    const movedFrom = this.#deletedContent.get(sha256)
    return movedFrom === undefined ? finding : { ...finding, movedFrom }
  }

  #expect(reason: ExpectedReason, path: string): void {
    const found = this.#expected.get(reason)
    if (!found) {
      this.#expected.set(reason, { count: 1, examples: [path] })
      return
    }
    found.count += 1
    if (found.examples.length < 5) found.examples.push(path)
  }

  #addFinding(finding: DriftFinding): void {
    const list = this.#findings.get(finding.severity)
    if (!list) this.#findings.set(finding.severity, [finding])
    else if (list.length < this.#max) list.push(finding)
    else this.#omittedFindings += 1
  }

  #addUnknown(unknown: UnknownFile): void {
    if (this.#unknown.length < this.#max) this.#unknown.push(unknown)
    else this.#omittedUnknown += 1
  }
}

const byPath = (one: DriftFinding, other: DriftFinding): number => (one.path < other.path ? -1 : 1)
