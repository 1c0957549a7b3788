import { inflateRawSync } from 'node:zlib'
import type { FileNode, FileTree, Image } from '@sallyport/image'
import type { AddEdge } from './add-edge.ts'

/** Libraries of a JDK for its module java.desktop: windows, fonts, pictures, printing and sound. */
const desktop =
  /\/jvm\/[^/]+\/(?:jre\/)?lib\/(?:\w+\/)?lib(?:awt\w*|fontmanager|javajpeg|lcms|mlib_image|jsound|splashscreen)\.so$/
const names = [
  'java/awt/',
  'java.awt.',
  'javax/swing',
  'javax.swing',
  'javax/print',
  'javax.print',
  'javax/imageio',
  'javax.imageio',
  'javax/sound',
  'javax.sound',
]
const maxArchiveBytes = 256 * 1024 * 1024
const maxInflatedBytes = 512 * 1024 * 1024
const maxDepth = 2

/** Whether a library serves java.desktop alone, so that it loads others (CUPS, fontconfig) only where that is used. */
export const isJavaDesktop = (path: string): boolean => desktop.test(path)

/** Whether a file is compiled Java. */
export const isJavaCode = (path: string): boolean => /\.(?:class|[jwe]ar)$/.test(path)

/** Edges of compiled Java that names java.desktop to that module's libraries. What can't be read may name it. */
export async function addJavaDesktop(
  image: Pick<Image, 'readFile'>,
  tree: FileTree,
  node: FileNode,
  signal: AbortSignal | undefined,
  add: AddEdge,
): Promise<void> {
  const isRead = node.size <= maxArchiveBytes
  const bytes = isRead
    ? Buffer.from(await image.readFile(node, { maxBytes: maxArchiveBytes, signal }))
    : undefined
  if (bytes && !namesDesktop(bytes, node.path.endsWith('.class'))) return
  for (const { path, type } of tree.entries())
    if (type === 'file' && desktop.test(path)) add('import', false, path, 'java.desktop')
}

function namesDesktop(bytes: Buffer, isClass: boolean): boolean {
  if (isClass) return names.some((name) => bytes.includes(name))
  try {
    return archiveNames(bytes, 0, { left: maxInflatedBytes })
  } catch {
    return true
  }
}

/** Looks into the classes of an archive (APPNOTE.TXT 4.3.12, 4.3.7), and into archives within it. */
function archiveNames(bytes: Buffer, depth: number, budget: { left: number }): boolean {
  const end = bytes.lastIndexOf('PK\x05\x06', undefined, 'latin1')
  const count = bytes.readUInt16LE(end + 10)
  let at = bytes.readUInt32LE(end + 16)
  // Archives of the 64-bit kind say so with this number.
  if (count === 0xffff || at === 0xffff_ffff) return true
  for (let index = 0; index < count; index++) {
    if (bytes.readUInt32LE(at) !== 0x0201_4b50) return true
    const [nameSize, extraSize, commentSize] = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field))
    const name = bytes.toString('latin1', at + 46, at + 46 + nameSize!)
    if (isJavaCode(name)) {
      const content = inflateEntry(bytes, at, budget)
      const isNested = !name.endsWith('.class')
      if (
        isNested ? depth >= maxDepth || archiveNames(content, depth + 1, budget) : namesDesktop(content, true)
      )
        return true
    }
    at += 46 + nameSize! + extraSize! + commentSize!
  }
  return false
}

function inflateEntry(bytes: Buffer, at: number, budget: { left: number }): Buffer {
  const [method, size, local] = [
    bytes.readUInt16LE(at + 10),
    bytes.readUInt32LE(at + 20),
    bytes.readUInt32LE(at + 42),
  ]
  const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28)
  const packed = bytes.subarray(start, start + size)
  const content =
    method === 0 ? packed : inflateRawSync(packed, { maxOutputLength: Math.max(1, budget.left) })
  budget.left -= content.length
  return content
}
