import { chooseMainVersion } from './choose-main-version.ts'

/** A module that was linked into a Go program. */
export interface GoModule {
  readonly path: string
  /** `(devel)` when nothing tells it. */
  readonly version: string
}

/** What the Go linker writes into each program (debug/buildinfo). */
export interface GoBuildInfo {
  /** e.g. `1.26.8`; of an unreleased toolchain its whole text, e.g. `devel go1.27-0123abc`. */
  readonly goVersion: string
  /** Package that was built, e.g. `example.org/app/cmd`; `cmd/go` is the tool itself. */
  readonly path?: string | undefined
  readonly main?: GoModule | undefined
  /** A replaced module is named by its replacement, unless that is a folder. */
  readonly modules: readonly GoModule[]
}

/** Where a Go before 1.18 keeps the texts. */
export interface GoTextPointers {
  readonly version: number
  readonly modules: number
  readonly pointerSize: 4 | 8
  readonly littleEndian: boolean
}

/** What may stand where the mark of build information was seen. */
export type GoBuildInfoRead =
  | { readonly kind: 'found'; readonly info: GoBuildInfo }
  /** More bytes are needed to tell. */
  | { readonly kind: 'incomplete' }
  /** Pointers instead of texts, as Go wrote them before 1.18. */
  | { readonly kind: 'pointers'; readonly pointers: GoTextPointers }
  /** The mark stands there by chance, e.g. in a program that itself reads build information. */
  | { readonly kind: 'none' }

/** The mark before build information. */
export const goBuildInfoMark: Buffer = Buffer.from('\xff Go buildinf:', 'latin1')

const headerSize = 32
/** Flag of the header: the texts follow it, each with its length as a varint (Go 1.18 and later). */
const inlineTexts = 2
const bigEndianPointers = 1
const moduleTextMark = 16
/** Longest version that is believed, in bytes. */
export const maxGoVersionBytes = 256
/** Longest text of modules; those of the largest programs have some 100 KB. */
export const maxGoModulesBytes: number = 4 * 1024 * 1024
/** Most bytes that build information takes. */
export const maxGoBuildInfoBytes: number = headerSize + maxGoVersionBytes + maxGoModulesBytes + 8
const versionText = /^(?:go\d|devel )[\x20-\x7e]*$/

/** Reads build information at the mark that `bytes` begin with. */
export function parseGoBuildInfo(bytes: Buffer): GoBuildInfoRead {
  if (bytes.length < headerSize) return { kind: 'incomplete' }
  const pointerSize = bytes[14]!
  const flags = bytes[15]!
  if ((flags & inlineTexts) === 0) {
    return flags <= 1 && (pointerSize === 4 || pointerSize === 8)
      ? { kind: 'pointers', pointers: readPointers(bytes, pointerSize, (flags & bigEndianPointers) === 0) }
      : { kind: 'none' }
  }
  const version = readText(bytes, headerSize, maxGoVersionBytes)
  if (typeof version === 'string') return { kind: version }
  const modules = readText(bytes, version.end, maxGoModulesBytes)
  if (typeof modules === 'string') return { kind: modules }
  const info = toGoBuildInfo(version.text, modules.text)
  return info ? { kind: 'found', info } : { kind: 'none' }
}

/** Makes build information out of its two texts; `undefined` when the first is no version of Go. */
export function toGoBuildInfo(version: string, modules: string): GoBuildInfo | undefined {
  if (version.length > maxGoVersionBytes || !versionText.test(version)) return undefined
  return { goVersion: toGoVersion(version), ...parseModules(modules) }
}

function readPointers(bytes: Buffer, pointerSize: 4 | 8, littleEndian: boolean): GoTextPointers {
  const read = (at: number) => {
    if (pointerSize === 4) return littleEndian ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at)
    return Number(littleEndian ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at))
  }
  return { version: read(16), modules: read(16 + pointerSize), pointerSize, littleEndian }
}

/** Leaves out the experiments that may follow: `go1.25.1 X:nocoverageredesign`, `go1.26.0-X:nodwarf5`. */
function toGoVersion(text: string): string {
  return text.startsWith('go') ? text.slice(2).split(' ', 1)[0]!.split('-X:', 1)[0]! : text
}

function readText(
  bytes: Buffer,
  start: number,
  maxLength: number,
): { readonly text: string; readonly end: number } | 'incomplete' | 'none' {
  let length = 0
  for (let index = 0; index < 4; index++) {
    const byte = bytes[start + index]
    if (byte === undefined) return 'incomplete'
    length |= (byte & 0x7f) << (7 * index)
    if (byte >= 0x80) continue
    const from = start + index + 1
    if (length > maxLength) return 'none'
    if (from + length > bytes.length) return 'incomplete'
    return { text: bytes.toString('utf8', from, from + length), end: from + length }
  }
  return 'none'
}

/** Reads the module lines, which stand between two marks of 16 bytes (runtime/debug, ParseBuildInfo). */
function parseModules(marked: string): Omit<GoBuildInfo, 'goVersion'> {
  const begin = marked.indexOf('path\t')
  const text = begin >= 0 && begin <= moduleTextMark ? marked.slice(begin) : marked.slice(moduleTextMark)
  let path: string | undefined
  let main: GoModule | undefined
  const modules: GoModule[] = []
  const settings = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [kind, first, version] = line.split('\t')
    if (!first) continue
    if (kind === 'path') path = first
    else if (kind === 'build') addSetting(settings, line.slice('build\t'.length))
    else if (kind === 'mod') main = toModule(first, version)
    else if (kind === 'dep') modules.push(toModule(first, version))
    else if (kind === '=>' && modules.length > 0) modules.push(replace(modules.pop()!, first, version))
    else if (kind === '=>' && main) main = replace(main, first, version)
  }
  if (main?.version === unknownVersion) main = { ...main, version: chooseMainVersion(main.path, settings) }
  return { path, main, modules }
}

/** How Go names the version of what has none. */
const unknownVersion = '(devel)'

const toModule = (path: string, version: string | undefined): GoModule => ({
  path,
  version: version || unknownVersion,
})

/** A folder that replaces a module is the same module in a version that nobody published. */
function replace(module: GoModule, path: string, version: string | undefined): GoModule {
  const isFolder = /^(?:\.{1,2}(?:\/|$)|\/|[A-Za-z]:[\\/])/.test(path)
  return isFolder ? { path: module.path, version: unknownVersion } : toModule(path, version)
}

function addSetting(settings: Map<string, string>, text: string): void {
  const at = text.indexOf('=')
  if (at <= 0) return
  const value = text.slice(at + 1)
  settings.set(text.slice(0, at), value.startsWith('"') ? unquote(value) : value)
}

/** Go quotes what holds blanks or quotes; escapes of texts that are seen in practice are those of JSON. */
function unquote(value: string): string {
  try {
    const text: unknown = JSON.parse(value)
    return typeof text === 'string' ? text : ''
  } catch {
    return ''
  }
}
