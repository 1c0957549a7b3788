import type { FileNode } from '@sallyport/image'
import { maxReleaseBytes } from '../internal/limits.ts'
import { quote } from '../internal/quote.ts'
import { readText } from '../internal/read-text.ts'
import type { Package, PackageEvidence } from '../inventory.ts'
import { toPurl } from '../package-url.ts'
import { evidenceOf, type PackageReader, type ReaderContext, readOrReport } from '../reader.ts'
import { spdxOrUnknown } from '../spdx-expression.ts'
import { archiveExaminer, type ArchiveFacts } from './examine-archive.ts'
import { nameArchive } from './name-archive.ts'
import { parseJavaRelease } from './parse-java-release.ts'
import type { MavenCoordinates } from './parse-pom-properties.ts'

/**
 * Finds Java archives (jar, war, ear and others), those in them and what was packed into them, and Java runtimes by
 * their `release` files.
 */
export const javaReader: PackageReader = {
  name: 'java',
  version: 2,
  selects: ({ path, size }) => path.endsWith('/release') && size <= maxReleaseBytes,
  examiners: [archiveExaminer],
  read: readJava,
}

async function readJava(context: ReaderContext): Promise<readonly Package[]> {
  const packages: Package[] = []
  const guessed: FileNode[] = []
  for (const node of context.image.tree.entries()) {
    if (node.type !== 'file') continue
    if (javaReader.selects!(node)) {
      const found = await readOrReport(context, node.path, () => readRuntime(context, node))
      if (found) packages.push(found)
    } else if (archiveExaminer.selects(node)) {
      context.signal?.throwIfAborted()
      const read = await readOrReport(context, node.path, () => readArchive(context, node))
      for (const one of read?.packages ?? []) packages.push(one)
      if (read?.hasGuess && !isPartOfRuntime(context, node)) guessed.push(node)
    }
  }
  const [first] = guessed
  if (first) {
    context.report({
      code: 'UNREADABLE',
      path: first.path,
      message: `${guessed.length} Java archives do not name their group id; it is guessed, so that advisories may not be found. The first is ${first.path}`,
    })
  }
  return packages
}

/** Archives such as `lib/jrt-fs.jar` of a Java runtime are judged with it. */
function isPartOfRuntime({ image: { tree } }: ReaderContext, { path }: FileNode): boolean {
  let folder = path
  for (let depth = 0; depth < 4 && folder !== ''; depth++) {
    folder = folder.slice(0, folder.lastIndexOf('/'))
    if (tree.get(`${folder}/release`) && tree.get(`${folder}/bin/java`)) return true
  }
  return false
}

async function readArchive(
  context: ReaderContext,
  node: FileNode,
): Promise<{ readonly packages: Iterable<Package>; readonly hasGuess: boolean } | undefined> {
  const facts = await context.image.examine(node, archiveExaminer, { signal: context.signal })
  if (!facts) return undefined
  context.noteContent(node.path, facts)
  const packages = new Map<string, Package>()
  let hasGuess = false
  const walk = async (name: string, path: string, one: ArchiveFacts): Promise<void> => {
    const { own, shaded } = nameArchive(name, one)
    const isOuter = path === node.path
    const holdsOthers = one.nested.length > 0 || one.unread.length > 0
    if (own) {
      // What holds other archives is somebody's application, which no advisory names.
      hasGuess ||= own.groupIsGuess && !holdsOthers
      await add(own, own.method, {
        files: isOuter ? [node.path] : [],
        license: spdxOrUnknown(one.manifest['Bundle-License']),
        checksums: [
          { algorithm: 'sha1', value: one.sha1 },
          { algorithm: 'sha256', value: one.sha256 },
        ],
      })
    } else if (one.hasCode && shaded.length === 0 && !holdsOthers) {
      context.report({ code: 'UNREADABLE', path: node.path, message: `${path}: nothing tells its version` })
    }
    for (const pom of shaded) await add(pom, 'java-pom-properties')
    for (const { name: inner, reason } of one.unread) {
      const message = `${path}: ${quote(inner)} is not read: ${reason}`
      context.report({ code: 'UNREADABLE', path: node.path, message })
    }
    for (const { name: inner, facts: deeper } of one.nested) {
      await walk(inner, `${path}!/${inner.slice(0, 300)}`, deeper)
    }
  }
  const add = async (one: MavenCoordinates, method: string, more: Partial<Package> = {}): Promise<void> => {
    const evidence = evidenceOf(context.image, node, method)
    const found = await readOrReport(context, node.path, () => toPackage(one, evidence, more))
    // The same artifact may be packed in several times; the outermost counts.
    if (found && !packages.has(found.purl)) packages.set(found.purl, found)
  }
  await walk(node.path, node.path, facts)
  return { packages: packages.values(), hasGuess }
}

function toPackage(
  { groupId, artifactId, version }: MavenCoordinates,
  evidence: PackageEvidence,
  more: Partial<Package>,
): Package {
  return {
    type: 'maven',
    name: `${groupId}:${artifactId}`,
    version,
    purl: toPurl({ type: 'maven', namespace: groupId, name: artifactId, version }),
    files: [],
    evidence,
    license: 'NOASSERTION',
    ...more,
  }
}

async function readRuntime(context: ReaderContext, node: FileNode): Promise<Package | undefined> {
  const { image, signal } = context
  const release = parseJavaRelease(await readText(image, node, { maxBytes: maxReleaseBytes, signal }))
  if (!release) return undefined
  const { version, implementor, sourceRepository } = release
  const folder = node.path.slice(0, node.path.lastIndexOf('/'))
  const isDevelopmentKit = image.tree.get(`${folder}/bin/javac`) !== undefined
  const [vendor, name] = toProduct(implementor, isDevelopmentKit)
  // The NVD lists the base version and, of Java 8, the update: 1.8.0_302-b08.
  const [, base, update] = /^([\d.]+)(?:_0*(\d+))?/.exec(version) ?? []
  return {
    type: 'generic',
    name,
    version,
    purl: toPurl({
      type: 'generic',
      namespace: vendor,
      name,
      version,
      qualifiers: { repository_url: sourceRepository },
    }),
    files: [node.path],
    evidence: evidenceOf(image, node, 'java-release'),
    license: 'NOASSERTION',
    cpes:
      base === undefined
        ? undefined
        : [`cpe:2.3:a:${vendor}:${name}:${base}:${update ? `update${update}` : '*'}:*:*:*:*:*:*`],
  }
}

/** Vendor and product as the NVD and Syft name them; builds of OpenJDK share its advisories. */
function toProduct(implementor: string, isDevelopmentKit: boolean): readonly [string, string] {
  if (implementor.includes('azul')) return ['azul', 'zulu']
  if (implementor.includes('ibm')) return ['ibm', isDevelopmentKit ? 'java_sdk' : 'java']
  if (implementor.includes('oracle')) return ['oracle', isDevelopmentKit ? 'jdk' : 'jre']
  return ['oracle', 'openjdk']
}
