/** A module that was linked into a Go program. */
interface GoModule {
  readonly path: string
  readonly version: string
}

/** What the Go linker writes into each program (debug/buildinfo). */
export interface GoBuildInfo {
  /** e.g. `1.26.8`; of an unreleased toolchain its whole text, e.g. `devel go1.27-0123abc`. */
  readonly goVersion: string
  readonly main?: GoModule | undefined
  readonly modules: readonly GoModule[]
}

/** What may stand where the mark of build information was seen. */
export type GoBuildInfoRead =
  | { readonly kind: 'found'; readonly info: GoBuildInfo }
  /** More bytes are needed to tell. */
  | { readonly kind: 'incomplete' }
  /** Pointers instead of texts, as Go wrote them before 1.18. */
  | { readonly kind: 'legacy' }
  /** The mark stands there by chance, e.g. in a program that itself reads build information. */
  | { readonly kind: 'none' }

/** The mark before build information. */
export const goBuildInfoMark: Buffer = Buffer.from('\xff Go buildinf:', 'latin1')

const headerSize = 32
/** Flag of the header: the texts follow it, each with its length as a varint (Go 1.18 and later). */
const inlineTexts = 2
const moduleTextMark = 16
const maxVersionLength = 256
/** Longest text of modules; those of the largest programs have some 100 KB. */
const maxModulesLength = 4 * 1024 * 1024
const versionText = /^(?:go\d|devel )[\x20-\x7e]*$/

/** Reads build information at the mark that `bytes` begin with. */
export function parseGoBuildInfo(bytes: Buffer): GoBuildInfoRead {
  if (bytes.length < headerSize) return { kind: 'incomplete' }
  const pointerSize = bytes[14]!
  const flags = bytes[15]!
  if ((flags & inlineTexts) === 0) {
    return { kind: flags <= 1 && (pointerSize === 4 || pointerSize === 8) ? 'legacy' : 'none' }
  }
  const version = readText(bytes, headerSize, maxVersionLength)
  if (typeof version === 'string') return { kind: version }
  if (!versionText.test(version.text)) return { kind: 'none' }
  const modules = readText(bytes, version.end, maxModulesLength)
  if (typeof modules === 'string') return { kind: modules }
  return { kind: 'found', info: { goVersion: toGoVersion(version.text), ...parseModules(modules.text) } }
}

/** Leaves out the experiments that may follow: `go1.26.8 X:nocoverageredesign`. */
function toGoVersion(text: string): string {
  return text.startsWith('go') ? text.slice(2).split(' ', 1)[0]! : text
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

/** Reads the module lines, which stand between two marks of 16 bytes. */
function parseModules(marked: string): Pick<GoBuildInfo, 'main' | 'modules'> {
  const begin = marked.indexOf('path\t')
  const text = begin >= 0 && begin <= moduleTextMark ? marked.slice(begin) : marked.slice(moduleTextMark)
  let main: GoModule | undefined
  const modules: GoModule[] = []
  for (const line of text.split('\n')) {
    const [kind, path, version] = line.split('\t')
    if (!path || !version) continue
    if (kind === 'mod') main = { path, version }
    else if (kind === 'dep') modules.push({ path, version })
    else if (kind === '=>' && modules.length > 0) modules[modules.length - 1] = { path, version }
    else if (kind === '=>' && main) main = { path, version }
  }
  return { main, modules }
}
