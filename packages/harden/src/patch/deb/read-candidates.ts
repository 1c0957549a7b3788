import { parseControlStanzas, type DpkgDependency, parseDpkgDependencies } from '@sallyport/inventory'
import { compareDebianVersions, isUnparseable } from '@sallyport/scan/compare'
import { HardenError } from '../../errors.ts'
import { checkMirrorPath } from '../mirror/check-mirror-path.ts'
import type { OpenedSuite } from './open-suite.ts'

/** Relationships of a package that decide whether it may be installed. */
export interface Relationships {
  /** `Pre-Depends` and `Depends`: all of the outer list, any one of each inner list. */
  readonly depends: readonly (readonly DpkgDependency[])[]
  /** `Breaks` and `Conflicts`. */
  readonly conflicts: readonly DpkgDependency[]
  readonly provides: readonly DpkgDependency[]
}

/** A version of a package that a suite has. */
export interface DebCandidate extends Relationships {
  readonly suite: OpenedSuite
  readonly name: string
  readonly version: string
  readonly architecture: string
  readonly multiArch?: string | undefined
  /** Version of the source package: what advisories speak of. */
  readonly sourceVersion: string
  /** Path of the file in the mirror. */
  readonly path: string
  readonly size: number
  readonly sha256: string
}

/** Key of a candidate: only the same name and architecture are the same package. */
export const candidateKey = (name: string, architecture: string | undefined): string =>
  `${name}:${architecture}`

const maxStanzaLength = 4 * 1024 * 1024

/**
 * Reads the index of a suite, and keeps the newest version of each package asked for.
 *
 * @param wanted - keys of {@link candidateKey}
 * @throws {HardenError} `CHECKSUM_MISMATCH`, `INDEX_INVALID`, `ARCHIVE_INVALID`, and what the mirror throws.
 */
export async function readCandidates(
  suite: OpenedSuite,
  architectures: readonly string[],
  wanted: ReadonlySet<string>,
): Promise<ReadonlyMap<string, DebCandidate>> {
  const names = new Set([...wanted].map((key) => key.slice(0, key.lastIndexOf(':'))))
  const newest = new Map<string, DebCandidate>()
  for (const component of suite.source.components) {
    for (const architecture of architectures) {
      for await (const text of splitStanzas(suite.readIndex(component, architecture))) {
        const name = /^Package:[ \t]*(\S+)/m.exec(text.slice(0, 512))?.[1]
        if (name === undefined || !names.has(name)) continue
        const candidate = toCandidate(suite, text)
        const key = candidateKey(candidate.name, candidate.architecture)
        if (wanted.has(key) && isNewer(candidate, newest.get(key))) newest.set(key, candidate)
      }
    }
  }
  return newest
}

/** Whether a candidate is newer than another one; versions that can't be compared are not. */
export function isNewer(
  { version }: { readonly version: string },
  other: { readonly version: string } | undefined,
): boolean {
  if (other === undefined) return true
  const order = compareDebianVersions(version, other.version)
  return !isUnparseable(order) && order > 0
}

async function* splitStanzas(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let pending = ''
  for await (const chunk of chunks) {
    pending += decoder.decode(chunk, { stream: true })
    const parts = pending.split('\n\n')
    pending = parts.pop()!
    if (pending.length > maxStanzaLength)
      throw new HardenError(
        'LIMIT_EXCEEDED',
        `a package index with a paragraph of ${pending.length} characters`,
      )
    yield* parts
  }
  pending += decoder.decode()
  if (pending.trim() !== '') yield pending
}

function toCandidate(suite: OpenedSuite, text: string): DebCandidate {
  const [stanza] = [...parseControlStanzas(text)]
  const fields = stanza?.fields ?? new Map<string, string>()
  const need = (field: string, form: RegExp) => {
    const value = fields.get(field)
    if (value === undefined || !form.test(value))
      throw new HardenError(
        'INDEX_INVALID',
        `${suite.source.suite}: ${fields.get('package')?.slice(0, 100)}: no usable ${field} in the index`,
      )
    return value
  }
  let relationships: Relationships
  try {
    relationships = parseRelationships(fields)
  } catch (error) {
    const message = `${suite.source.suite}: ${fields.get('package')?.slice(0, 100)}: ${(error as Error).message}`
    throw new HardenError('INDEX_INVALID', message, { cause: error })
  }
  const version = need('version', /^[A-Za-z0-9.+:~_-]{1,255}$/)
  return {
    suite,
    name: need('package', /^[a-z0-9][a-z0-9+.-]{0,255}$/),
    version,
    architecture: need('architecture', /^[a-z0-9-]{1,64}$/),
    multiArch: fields.get('multi-arch'),
    sourceVersion: /\(([^()\s]{1,255})\)$/.exec(fields.get('source') ?? '')?.[1] ?? version,
    path: checkMirrorPath(need('filename', /^\S{1,1024}$/).replace(/^\.\//, '')),
    size: Number(need('size', /^\d{1,15}$/)),
    sha256: need('sha256', /^[0-9a-f]{64}$/),
    ...relationships,
  }
}

/**
 * Reads the relationships of a control paragraph.
 *
 * @throws {SyntaxError} when one is malformed.
 */
export function parseRelationships(fields: ReadonlyMap<string, string>): Relationships {
  const read = (...names: readonly string[]) =>
    names.flatMap((name) => parseDpkgDependencies(fields.get(name)?.replaceAll('\n', ' ')))
  return {
    depends: read('pre-depends', 'depends'),
    conflicts: read('breaks', 'conflicts').flat(),
    provides: read('provides').flat(),
  }
}
