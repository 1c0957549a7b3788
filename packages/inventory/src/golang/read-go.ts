import type { FileNode } from '@sallyport/image'
import type { Package } from '../inventory.ts'
import { toPurl } from '../package-url.ts'
import { evidenceOf, type PackageReader, readOrReport } from '../reader.ts'
import { type GoModule, parseGoBuildInfo } from './parse-build-info.ts'

const elfMagic = Buffer.from('\x7fELF', 'latin1')
const minProgramBytes = 64 * 1024
const maxProgramBytes = 512 * 1024 * 1024

/** Finds the modules linked into Go programs. Only executable files are looked at. */
export const readGo: PackageReader = async (context) => {
  const { image, signal } = context
  const packages: Package[] = []
  for (const node of image.tree.entries()) {
    if (node.type !== 'file' || node.hardlinkTo || (node.mode & 0o111) === 0 || node.size < minProgramBytes)
      continue
    const info = await readOrReport(context, node.path, async () => {
      if (!(await isElf(image.openFile(node, { signal })))) return undefined
      return parseGoBuildInfo(await image.readFile(node, { maxBytes: maxProgramBytes, signal }))
    })
    if (!info) continue
    const add = (module: GoModule, files: readonly string[]) => packages.push(toPackage(module, files, node))
    add({ path: 'stdlib', version: info.goVersion }, [])
    if (info.main) add({ path: info.main.path, version: info.main.version }, [node.path])
    for (const module of info.modules) add(module, [])
  }
  return packages

  function toPackage({ path, version }: GoModule, files: readonly string[], node: FileNode): Package {
    const slash = path.lastIndexOf('/')
    return {
      type: 'golang',
      name: path,
      version,
      purl: toPurl('golang', slash > 0 ? path.slice(0, slash) : undefined, path.slice(slash + 1), version),
      files,
      evidence: evidenceOf(image, node, 'go-build-info'),
      license: 'NOASSERTION',
    }
  }
}

async function isElf(content: AsyncIterable<Uint8Array>): Promise<boolean> {
  for await (const chunk of content) {
    if (chunk.byteLength === 0) continue
    return chunk.byteLength >= 4 && elfMagic.equals(chunk.subarray(0, 4))
  }
  return false
}
