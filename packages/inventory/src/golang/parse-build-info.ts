/** A module that was linked into a Go program. */
export interface GoModule {
  readonly path: string
  readonly version: string
}

/** What the Go linker writes into each program (debug/buildinfo). */
export interface GoBuildInfo {
  /** e.g. `1.26.8`. */
  readonly goVersion: string
  readonly main?: GoModule | undefined
  readonly modules: readonly GoModule[]
}

const magic = Buffer.from('\xff Go buildinf:', 'latin1')
const headerSize = 32
/** Flag of the header: the strings follow it, each with its length as a varint (Go 1.18 and later). */
const inlineStrings = 2
const moduleTextMark = 16

/** Finds build information in the bytes of a program; `undefined` when there is none, or of a Go before 1.18. */
export function parseGoBuildInfo(program: Uint8Array): GoBuildInfo | undefined {
  const bytes = Buffer.from(program.buffer, program.byteOffset, program.byteLength)
  for (let at = bytes.indexOf(magic); at >= 0; at = bytes.indexOf(magic, at + 1)) {
    if (at + headerSize > bytes.length || ((bytes[at + 15] ?? 0) & inlineStrings) === 0) continue
    const version = readString(bytes, at + headerSize)
    if (!version || !version.text.startsWith('go')) continue
    const modules = readString(bytes, version.end)
    return {
      goVersion: version.text.slice(2).split(' ')[0]!,
      ...parseModules(modules?.text ?? ''),
    }
  }
  return undefined
}

function readString(bytes: Buffer, at: number): { text: string; end: number } | undefined {
  let length = 0
  for (let shift = 0; shift < 28; shift += 7) {
    const byte = bytes[at++]
    if (byte === undefined) return undefined
    length |= (byte & 0x7f) << shift
    if (byte < 0x80) {
      return at + length <= bytes.length
        ? { text: bytes.toString('utf8', at, at + length), end: at + length }
        : undefined
    }
  }
  return undefined
}

function parseModules(text: string): Pick<GoBuildInfo, 'main' | 'modules'> {
  // The text stands between two marks of 16 bytes.
  const lines = (
    text.includes('\nmod\t') || text.includes('path\t') ? text.slice(moduleTextMark, -moduleTextMark) : ''
  ).split('\n')
  let main: GoModule | undefined
  const modules: GoModule[] = []
  for (const line of lines) {
    const [kind, path, version] = line.split('\t')
    if (!path || !version) continue
    if (kind === 'mod') main = { path, version }
    else if (kind === 'dep') modules.push({ path, version })
    else if (kind === '=>' && modules.length > 0) modules[modules.length - 1] = { path, version }
  }
  return { main, modules }
}
