import type { FileContent } from '../files/image-files.ts'
import type { ProgramLayout, ProgramRegion } from '../program/program-layout.ts'
import { fieldsOf, readExactly } from '../program/read-fields.ts'
import {
  type GoBuildInfo,
  goBuildInfoMark,
  type GoTextPointers,
  maxGoBuildInfoBytes,
  maxGoModulesBytes,
  maxGoVersionBytes,
  parseGoBuildInfo,
  toGoBuildInfo,
} from './parse-build-info.ts'

const sectionNames: ReadonlySet<string> = new Set(['.go.buildinfo', '__go_buildinfo'])
const chunkBytes = 256 * 1024
/** The linker puts build information near the beginning of what may be written. */
const maxSearchedBytes = 64 * 1024 * 1024
const maxMarks = 1_000

/** `legacy`: a Go before 1.18 whose texts are found only when it runs. */
export type GoProgramRead =
  | { readonly kind: 'found'; readonly info: GoBuildInfo }
  | { readonly kind: 'legacy' }

/**
 * Reads the build information of a Go program; `undefined` when it is not of Go.
 *
 * @throws {SyntaxError} when it says that it is of Go, and the rest is broken.
 */
export async function readGoBuildInfo(
  content: FileContent,
  layout: ProgramLayout,
  signal?: AbortSignal,
): Promise<GoProgramRead | undefined> {
  const named = layout.sections.find(({ name }) => sectionNames.has(name))
  if (named) {
    const read = await search(content, layout, named, signal)
    if (read === undefined) throw new SyntaxError('build information of Go that cannot be read')
    return read
  }
  // Where the name of the section is lost, or was changed, what is loaded is still there.
  let left = maxSearchedBytes
  for (const segment of layout.segments) {
    if (!segment.writable || segment.size <= 0) continue
    const read = await search(content, layout, { ...segment, size: Math.min(segment.size, left) }, signal)
    if (read) return read
    left -= Math.min(segment.size, left)
    if (left === 0) break
  }
  return undefined
}

async function search(
  content: FileContent,
  layout: ProgramLayout,
  region: ProgramRegion,
  signal: AbortSignal | undefined,
): Promise<GoProgramRead | undefined> {
  const end = Math.min(region.offset + region.size, content.size)
  const last = Math.min(end, region.offset + maxSearchedBytes)
  let marks = 0
  for (let offset = region.offset; offset < last; offset += chunkBytes) {
    signal?.throwIfAborted()
    // A mark may lie across the end of a chunk.
    const bytes = Buffer.from(
      await content.read(offset, Math.min(chunkBytes + goBuildInfoMark.length - 1, end - offset)),
    )
    for (let at = bytes.indexOf(goBuildInfoMark); at >= 0; at = bytes.indexOf(goBuildInfoMark, at + 1)) {
      if (++marks > maxMarks) return undefined
      const read = await readAt(content, layout, offset + at, end)
      if (read) return read
    }
  }
  return undefined
}

async function readAt(
  content: FileContent,
  layout: ProgramLayout,
  offset: number,
  end: number,
): Promise<GoProgramRead | undefined> {
  for (const length of [64 * 1024, maxGoBuildInfoBytes]) {
    const bytes = Buffer.from(await content.read(offset, Math.min(length, end - offset)))
    const read = parseGoBuildInfo(bytes)
    if (read.kind === 'found') return read
    if (read.kind === 'pointers') return followPointers(content, layout, read.pointers)
    if (read.kind === 'none') return undefined
  }
  return undefined
}

async function followPointers(
  content: FileContent,
  layout: ProgramLayout,
  pointers: GoTextPointers,
): Promise<GoProgramRead> {
  const version = await readText(content, layout, pointers, pointers.version, maxGoVersionBytes)
  const modules = await readText(content, layout, pointers, pointers.modules, maxGoModulesBytes)
  const info = version === undefined ? undefined : toGoBuildInfo(version, modules ?? '')
  // A position-independent program has its pointers filled in by the dynamic linker.
  return info ? { kind: 'found', info } : { kind: 'legacy' }
}

/** Reads a text of Go: a pointer to its bytes, and its length. */
async function readText(
  content: FileContent,
  layout: ProgramLayout,
  { pointerSize, littleEndian }: GoTextPointers,
  address: number,
  maxBytes: number,
): Promise<string | undefined> {
  const header = await readMemory(content, layout, address, 2 * pointerSize)
  if (!header) return undefined
  const { word } = fieldsOf(header, littleEndian, pointerSize === 8 ? 64 : 32)
  const length = word(pointerSize)
  return length > maxBytes
    ? undefined
    : (await readMemory(content, layout, word(0), length))?.toString('utf8')
}

async function readMemory(
  content: FileContent,
  { segments }: ProgramLayout,
  address: number,
  length: number,
): Promise<Buffer | undefined> {
  const region = segments.find(
    ({ address: start, size }) => start <= address && address + length <= start + size,
  )
  return address === 0 || !region
    ? undefined
    : readExactly(content, region.offset + (address - region.address), length)
}
