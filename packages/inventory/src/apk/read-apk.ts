import { findFile, maxDatabaseBytes, readText } from '../internal/read-text.ts'
import type { Package } from '../inventory.ts'
import { distroQualifier, toPurl } from '../package-url.ts'
import { evidenceOf, type PackageReader, readOrReport } from '../reader.ts'

const databasePaths = ['/lib/apk/db/installed', '/usr/lib/apk/db/installed']

interface ApkEntry {
  readonly fields: ReadonlyMap<string, string>
  readonly files: readonly string[]
}

/** Reads the database of apk (apk-tools, `installed`): a letter, a colon and a value a line, a blank line after each package. */
export const readApk: PackageReader = async (context) => {
  const { image, distro, signal, report } = context
  const node = databasePaths.map((path) => findFile(image, path)).find((found) => found !== undefined)
  if (!node) return []
  const packages = await readOrReport(context, node.path, async () => {
    const text = await readText(image, node, { maxBytes: maxDatabaseBytes, signal })
    return parseInstalled(text).map(({ fields, files }): Package => {
      const name = fields.get('P')
      const version = fields.get('V')
      if (!name || !version) throw new SyntaxError('a package without name or version')
      const arch = fields.get('A')
      return {
        type: 'apk',
        name,
        version,
        arch,
        purl: toPurl('apk', distro?.id ?? 'alpine', name, version, { arch, distro: distroQualifier(distro) }),
        source: { name: fields.get('o') ?? name, version },
        files: files.filter((path) => {
          const found = image.tree.get(path)
          return found !== undefined && found.type !== 'directory'
        }),
        evidence: evidenceOf(image, node, 'apk-installed'),
        license: fields.get('L') || 'NOASSERTION',
      }
    })
  })
  if (packages?.length === 0) {
    report({ code: 'DATABASE_EMPTY', path: node.path, message: `${node.path} names no installed package` })
  }
  return packages ?? []
}

function parseInstalled(text: string): readonly ApkEntry[] {
  const entries: ApkEntry[] = []
  for (const block of text.split(/\n{2,}/)) {
    if (block.trim() === '') continue
    const fields = new Map<string, string>()
    const files: string[] = []
    let folder = '/'
    for (const line of block.split('\n')) {
      if (line === '') continue
      if (line[1] !== ':') throw new SyntaxError(`not a field: ${JSON.stringify(line.slice(0, 80))}`)
      const value = line.slice(2)
      switch (line[0]) {
        case 'F':
          folder = `/${value}`
          break
        case 'R':
          files.push(`${folder === '/' ? '' : folder}/${value}`)
          break
        default:
          if (!fields.has(line[0]!)) fields.set(line[0]!, value)
      }
    }
    entries.push({ fields, files })
  }
  return entries
}
