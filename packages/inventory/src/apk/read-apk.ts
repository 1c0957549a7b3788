import type { FileNode } from '@sallyport/image'
import { maxDatabaseBytes } from '../internal/limits.ts'
import { quote } from '../internal/quote.ts'
import { existsInTree, readText } from '../internal/read-text.ts'
import type { Package } from '../inventory.ts'
import { toPurl, upstreamQualifier } from '../package-url.ts'
import { evidenceOf, type PackageReader, type ReaderContext, readOrReport } from '../reader.ts'
import { type PackageNeeds, resolveDependsOn } from '../resolve-depends-on.ts'
import { spdxOrUnknown } from '../spdx-expression.ts'
import { type ApkEntry, parseInstalled } from './parse-installed.ts'

/** Where apk keeps its database: since version 3 below `/usr`. */
export const apkDatabases: readonly string[] = ['/lib/apk/db/installed', '/usr/lib/apk/db/installed']
const packageName = /^[A-Za-z0-9_.][A-Za-z0-9+._-]{0,255}$/
const versionText = /^[A-Za-z0-9._~-]{1,255}$/

/** Reads the database of apk. */
export const apkReader: PackageReader = {
  name: 'apk',
  version: 2,
  selects: ({ path, size }) => path.endsWith('/apk/db/installed') && size <= maxDatabaseBytes,
  read: readApk,
}

async function readApk(context: ReaderContext): Promise<readonly Package[]> {
  const { image, signal, report } = context
  const packages: Package[] = []
  const needs: PackageNeeds[] = []
  const seen = new Set<string>()
  const present = apkDatabases.filter((path) => existsInTree(image, path))
  for (const path of present) {
    const node = image.tree.resolve(path)
    if (node?.type !== 'file') {
      report({ code: 'UNREADABLE', path, message: `${path}: expected a regular file` })
      continue
    }
    // `/lib` may be a link to `/usr/lib`.
    if (seen.has(node.path)) continue
    seen.add(node.path)
    const text = await readOrReport(context, node.path, () =>
      readText(image, node, { maxBytes: maxDatabaseBytes, signal }),
    )
    for (const entry of parseInstalled(text ?? '')) {
      signal?.throwIfAborted()
      let { problem } = entry
      try {
        const made = toPackage(context, node, entry)
        packages.push(made)
        needs.push(toNeeds(made, entry))
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error
        problem ??= error.message
      }
      if (problem !== undefined) {
        const message = `${node.path}, package at line ${entry.line}: ${problem}`
        report({ code: 'UNREADABLE', path: node.path, message })
      }
    }
  }
  if (packages.length === 0 && present.length > 0) {
    report({ code: 'DATABASE_EMPTY', path: present[0], message: `${present[0]} names no installed package` })
  }
  const dependsOn = resolveDependsOn(needs)
  return packages.map((one, index) => (dependsOn[index] ? { ...one, dependsOn: dependsOn[index] } : one))
}

/** `D` and `p` name packages, libraries (`so:`), commands (`cmd:`) and the like, with versions; `D` paths too. */
function toNeeds({ purl, name, arch }: Package, { fields, files }: ApkEntry): PackageNeeds {
  const words = (letter: string) => (fields.get(letter) ?? '').split(/\s+/).filter((word) => word !== '')
  return {
    purl,
    arch,
    offers: [name, ...words('p').map(withoutVersion), ...files],
    // What begins with `!` must not be there.
    needs: words('D').flatMap((word) => (word.startsWith('!') ? [] : [[withoutVersion(word)]])),
  }
}

const withoutVersion = (word: string) => word.split(/[<>=~@]/, 1)[0]!

function toPackage(
  { image, purlDistro }: ReaderContext,
  node: FileNode,
  { fields, files }: ApkEntry,
): Package {
  const name = fields.get('P') ?? ''
  const version = fields.get('V') ?? ''
  if (!packageName.test(name)) throw new SyntaxError(`not a package name: ${quote(name)}`)
  if (!versionText.test(version)) throw new SyntaxError(`not a version of ${name}: ${quote(version)}`)
  const arch = fields.get('A') || undefined
  const source = { name: fields.get('o') || name, version }
  const owned = files.flatMap((path) => {
    const found = image.tree.get(image.tree.canonicalize(path))
    return found === undefined || found.type === 'directory' ? [] : [found.path]
  })
  return {
    type: 'apk',
    name,
    version,
    arch,
    purl: toPurl({
      type: 'apk',
      namespace: purlDistro.namespace,
      name,
      version,
      qualifiers: {
        arch,
        distro: purlDistro.qualifier,
        upstream: upstreamQualifier({ name, version }, source),
      },
    }),
    source,
    files: [...new Set(owned)].sort(),
    evidence: evidenceOf(image, node, 'apk-installed'),
    license: spdxOrUnknown(fields.get('L')),
  }
}
