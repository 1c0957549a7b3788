import { type BigIntStats, readlinkSync } from 'node:fs'
import type { FileRecord } from '@sallyport/core'
import { decodeName } from '@sallyport/image'
import type { FileBaseline } from '../drift/file-baseline.ts'
import type { FileObservation, PresentFile } from '../drift/file-observation.ts'
import type { AttributeReader } from '../ports/attribute-reader.ts'
import type { HashCache, HashedContent } from './hash-cache.ts'
import { hashFile, readHead } from './hash-file.ts'
import type { Pace } from './pace.ts'
import { toFailure, type WalkedEntry } from './walk-tree.ts'

/** What an entry is looked at with. */
export interface ObserveContext {
  readonly baseline: FileBaseline
  readonly attributes: AttributeReader
  readonly pace: Pace
  readonly cache?: HashCache | undefined
  /** Largest file that is hashed, in bytes. */
  readonly maxFileBytes: number
}

/** What is seen of an entry; `undefined` when it is gone by now. */
export async function observeEntry(
  entry: WalkedEntry,
  mount: string | undefined,
  context: ObserveContext,
): Promise<FileObservation | undefined> {
  const { path, access, stats } = entry
  const cached = stats.isFile() ? context.cache?.find(stats) : undefined
  const start = describe(path, stats, mount, cached)
  if (cached) return start
  try {
    switch (start.type) {
      case 'file':
        return await observeFile(entry, start, context)
      case 'symlink':
        return { ...start, linkTarget: decodeName(readlinkSync(access, { encoding: 'buffer' })) }
      default:
        return start
    }
  } catch (error) {
    const isReplaced =
      error instanceof Error && 'code' in error && /^(ESTALE|ELOOP|EINVAL)$/.test(String(error.code))
    if (isReplaced) {
      return {
        kind: 'unknown',
        path,
        reason: 'changed-while-read',
        message: `${path} was replaced while it was read`,
      }
    }
    const failure = toFailure(path, error)
    return failure && { kind: 'unknown', ...failure }
  }
}

async function observeFile(
  { path, access, stats }: WalkedEntry,
  start: PresentFile,
  context: ObserveContext,
): Promise<FileObservation> {
  const capability = readCapability(access, context.attributes)
  const record = context.baseline.get(path)
  const mayBeRun = (start.mode & 0o6111) !== 0
  // Of data that the image does not have only the kind matters.
  if (record?.type !== 'file' && !mayBeRun) {
    const magic = start.size === 0 ? undefined : readHead(access)
    if (magic === undefined) return { ...start, magic, capability }
  }
  if (stats.size > context.maxFileBytes) {
    const message = `${path} has ${stats.size} bytes, more than ${context.maxFileBytes}`
    return { kind: 'unknown', path, reason: 'limit-exceeded', message }
  }
  let content = await hashFile(access, stats, context.pace)
  if (content.isUnstable) content = await hashFile(access, stats, context.pace)
  const { sha256, magic, isUnstable } = content
  if (!isUnstable && capability !== undefined)
    context.cache?.keep(content.stats, { sha256, magic, capability })
  return { ...start, sha256, magic, capability, ...(isUnstable && { isUnstable }) }
}

function describe(
  path: string,
  stats: BigIntStats,
  mount: string | undefined,
  content: HashedContent | undefined,
): PresentFile {
  const type = typeOf(stats)
  return {
    kind: 'present',
    path,
    type,
    mode: Number(stats.mode) & 0o7777,
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    size: type === 'file' ? Number(stats.size) : 0,
    sha256: content?.sha256,
    magic: content?.magic,
    capability: content?.capability,
    device: type === 'character-device' || type === 'block-device' ? deviceOf(stats.rdev) : undefined,
    mount,
  }
}

function typeOf(stats: BigIntStats): FileRecord['type'] | 'socket' {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  if (stats.isSymbolicLink()) return 'symlink'
  if (stats.isFIFO()) return 'fifo'
  if (stats.isSocket()) return 'socket'
  return stats.isBlockDevice() ? 'block-device' : 'character-device'
}

/** As `makedev` of glibc puts them together. */
function deviceOf(rdev: bigint): string {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn)
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & ~0xffn)
  return `${major}:${minor & 0xffffffffn}`
}

/** `security.capability` in base64, `''` for none, `undefined` when it can't be told. */
function readCapability(access: string | Buffer, attributes: AttributeReader): string | undefined {
  if (typeof access !== 'string') return undefined
  const names = attributes.list(access)
  if (names === undefined) return undefined
  if (!names.includes('security.capability')) return ''
  const value = attributes.get(access, 'security.capability')
  return value && Buffer.from(value).toString('base64')
}
