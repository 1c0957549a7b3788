import type { FileNode } from '@sallyport/image'
import type { FileCandidate, FileExaminer, ImageFiles } from '../files/image-files.ts'
import { readChunks } from '../files/read-chunks.ts'
import type { Package } from '../inventory.ts'
import { toPurl } from '../package-url.ts'
import { evidenceOf, type PackageReader, type ReaderContext, readOrReport } from '../reader.ts'
import { findGoBuildInfo } from './find-build-info.ts'
import type { GoBuildInfo } from './parse-build-info.ts'

/** Smaller files hold no Go program. */
const minProgramBytes = 64 * 1024

type GoProgram = NonNullable<Awaited<ReturnType<typeof findGoBuildInfo>>>

const buildInfoExaminer: FileExaminer<GoProgram> = {
  name: 'go-build-info',
  version: 1,
  selects: ({ mode, size }: FileCandidate) => (mode & 0o111) !== 0 && size >= minProgramBytes,
  examine: (content, { signal }) => findGoBuildInfo(readChunks(content, signal)),
}

/** Finds the modules that are linked into Go programs. Only executable files are looked at. */
export const goReader: PackageReader = {
  name: 'go',
  version: 1,
  examiners: [buildInfoExaminer],
  read: readGo,
}

async function readGo(context: ReaderContext): Promise<readonly Package[]> {
  const { image, signal, report } = context
  const packages: Package[] = []
  for (const node of image.tree.entries()) {
    if (!mayBeProgram(image, node)) continue
    signal?.throwIfAborted()
    const read = await readOrReport(context, node.path, () =>
      image.examine(node, buildInfoExaminer, { signal }),
    )
    if (read?.kind === 'found') {
      for (const found of await toPackages(context, read.info, node)) packages.push(found)
    } else if (read?.kind === 'legacy') {
      const message = `${node.path}: build information of a Go before 1.18 is not read`
      report({ code: 'UNSUPPORTED', path: node.path, message })
    }
  }
  return packages
}

function mayBeProgram({ tree }: ImageFiles, node: FileNode): boolean {
  const { type, size, hardlinkTo, layer } = node
  if (type !== 'file' || !buildInfoExaminer.selects(node)) return false
  if (hardlinkTo === undefined) return true
  // The same content is looked at once, unless a later layer took its first name away.
  const first = tree.get(hardlinkTo)
  return !(
    first?.type === 'file' &&
    first.layer === layer &&
    first.size === size &&
    (first.mode & 0o111) !== 0
  )
}

async function toPackages(
  context: ReaderContext,
  { goVersion, main, modules }: GoBuildInfo,
  node: FileNode,
): Promise<readonly Package[]> {
  const evidence = evidenceOf(context.image, node, 'go-build-info')
  const packages: Package[] = []
  const add = async (path: string, version: string, files: readonly string[]) => {
    const purl = await readOrReport(context, node.path, () => {
      const slash = path.lastIndexOf('/')
      return toPurl({
        type: 'golang',
        namespace: slash > 0 ? path.slice(0, slash) : undefined,
        name: path.slice(slash + 1),
        version,
      })
    })
    if (purl !== undefined) {
      packages.push({ type: 'golang', name: path, version, purl, files, evidence, license: 'NOASSERTION' })
    }
  }
  await add('stdlib', goVersion, main ? [] : [node.path])
  if (main) await add(main.path, main.version, [node.path])
  for (const { path, version } of modules) await add(path, version, [])
  return packages
}
