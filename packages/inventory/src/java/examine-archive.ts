import { type ContentSums, hashContent } from '../content-sums.ts'
import type { FileContent, FileExaminer } from '../files/image-files.ts'
import { type JavaManifest, parseManifest } from './parse-manifest.ts'
import { type MavenCoordinates, parsePomProperties, pomFolder } from './parse-pom-properties.ts'
import type { ZipEntry } from './open-zip.ts'

/** What a Java archive tells of itself and of what it holds. */
export interface ArchiveFacts extends ContentSums {
  readonly manifest: JavaManifest
  /** By each `pom.properties` in it. */
  readonly poms: readonly MavenCoordinates[]
  /** By the folder of each `pom.xml`. */
  readonly pomFolders: readonly Omit<MavenCoordinates, 'version'>[]
  /** Whether it holds classes or other archives, not only texts and pictures. */
  readonly hasCode: boolean
  /** Archives in it, by their paths there. */
  readonly nested: readonly { readonly name: string; readonly facts: ArchiveFacts }[]
  readonly unread: readonly { readonly name: string; readonly reason: string }[]
}

/** Names of archives of Java: of libraries, applications, and plugins of Jenkins and others. */
const archiveName = /\.(?:jar|war|ear|par|sar|nar|kar|jpi|hpi|lpkg)$/i

const maxDepth = 12
const maxArchives = 20_000
const maxEntries = 2_000_000
const maxPoms = 20_000
const maxTextBytes = 1024 * 1024
const maxNestedBytes = 256 * 1024 * 1024
/** Of all archives that are in memory at the same time. */
const maxHeldBytes = 512 * 1024 * 1024
const maxUnpackedBytes = 4 * 1024 * 1024 * 1024
/** Archives in archives are packed already and hardly become smaller. */
const maxRatio = 100
const ratioCountsAbove = 1024 * 1024
const maxUnread = 100

interface Budget {
  archives: number
  entries: number
  poms: number
  heldBytes: number
  unpackedBytes: number
}

/** Looks through a Java archive and those in it, up to 12 deep; nothing is unpacked to disk. */
export const archiveExaminer: FileExaminer<ArchiveFacts> = {
  name: 'java-archive',
  version: 2,
  selects: ({ path, size }) => size > 0 && archiveName.test(path),
  examine: (content, { signal }) =>
    examineArchive(content, { archives: 0, entries: 0, poms: 0, heldBytes: 0, unpackedBytes: 0 }, 1, signal),
}

async function examineArchive(
  content: FileContent,
  budget: Budget,
  depth: number,
  signal: AbortSignal | undefined,
): Promise<ArchiveFacts> {
  if (++budget.archives > maxArchives) throw new SyntaxError(`more than ${maxArchives} archives in one`)
  const nested: { name: string; facts: ArchiveFacts }[] = []
  const unread: { name: string; reason: string }[] = []
  const poms = new Map<string, MavenCoordinates>()
  const pomFolders: Omit<MavenCoordinates, 'version'>[] = []
  let manifest: JavaManifest | undefined
  let hasCode = false
  const { zipEntries } = await import('./open-zip.ts')
  for await (const entry of zipEntries(content, signal)) {
    if (++budget.entries > maxEntries) throw new SyntaxError(`more than ${maxEntries} entries in one archive`)
    const { name } = entry
    try {
      if (name === 'META-INF/MANIFEST.MF') {
        manifest ??= parseManifest(await readText(entry, budget))
      } else if (/(?:^|\/)pom\.(?:properties|xml)$/.test(name)) {
        if (++budget.poms > maxPoms) throw new SyntaxError(`more than ${maxPoms} artifacts in one archive`)
        const folder = pomFolder(name)
        if (name.endsWith('.xml')) {
          if (folder) pomFolders.push(folder)
          continue
        }
        const pom = parsePomProperties(await readText(entry, budget), name)
        if (pom) poms.set(JSON.stringify(pom), pom)
      } else if (archiveName.test(name)) {
        hasCode = true
        nested.push({ name, facts: await examineNested(entry, budget, depth + 1, signal) })
      } else {
        hasCode ||= name.endsWith('.class')
      }
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      if (unread.length < maxUnread) unread.push({ name: name.slice(0, 500), reason: error.message })
    }
  }
  return {
    ...(await hashContent(content, { signal })),
    manifest: manifest ?? {},
    poms: [...poms.values()],
    pomFolders,
    hasCode,
    nested,
    unread,
  }
}

async function examineNested(
  entry: ZipEntry,
  budget: Budget,
  depth: number,
  signal: AbortSignal | undefined,
): Promise<ArchiveFacts> {
  if (depth > maxDepth) throw new SyntaxError(`archives in archives more than ${maxDepth} deep`)
  const { bytes } = entry
  if (bytes > maxNestedBytes) throw new SyntaxError(`more than ${maxNestedBytes} bytes`)
  if (budget.heldBytes + bytes > maxHeldBytes)
    throw new SyntaxError('archives in archives that are too large')
  budget.heldBytes += bytes
  try {
    return await examineArchive(await open(entry, budget), budget, depth, signal)
  } finally {
    budget.heldBytes -= bytes
  }
}

async function readText(entry: ZipEntry, budget: Budget): Promise<string> {
  if (entry.bytes > maxTextBytes) throw new SyntaxError(`more than ${maxTextBytes} bytes`)
  const content = await open(entry, budget)
  return Buffer.from(await content.read(0, content.size)).toString('utf8')
}

/** Opens an entry, unless it would take more than an honest archive does. */
function open(entry: ZipEntry, budget: Budget): Promise<FileContent> {
  const { bytes, packedBytes } = entry
  if (bytes > ratioCountsAbove && bytes > maxRatio * packedBytes) {
    throw new SyntaxError(`packed more than ${maxRatio} to 1`)
  }
  budget.unpackedBytes += bytes
  if (budget.unpackedBytes > maxUnpackedBytes) {
    throw new SyntaxError(`more than ${maxUnpackedBytes} bytes in one archive`)
  }
  return entry.open()
}
