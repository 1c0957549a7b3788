import type { FileNode } from '@sallyport/image'
import type { ImageFiles } from '../files/image-files.ts'
import { toGoPackages } from '../golang/to-go-packages.ts'
import type { Package } from '../inventory.ts'
import { toPurl } from '../package-url.ts'
import { evidenceOf, type PackageReader, type ReaderContext, readOrReport } from '../reader.ts'
import { toCargoPackages } from '../rust/to-cargo-packages.ts'
import { isProgramCandidate, programExaminer } from './program-examiner.ts'
import { type RuntimeExaminer, runtimeExaminers } from './runtime-examiners.ts'

/**
 * Finds what programs and shared libraries tell of themselves: modules of Go, crates of Rust that `cargo auditable`
 * noted, and well-known runtimes by their own version marks.
 */
export const programReader: PackageReader = {
  name: 'program',
  version: 1,
  examiners: [programExaminer, ...runtimeExaminers.map(({ examiner }) => examiner)],
  read: readPrograms,
}

async function readPrograms(context: ReaderContext): Promise<readonly Package[]> {
  const packages: Package[] = []
  for (const node of context.image.tree.entries()) {
    if (node.type !== 'file' || !isProgramCandidate(node)) continue
    context.signal?.throwIfAborted()
    if (isFirstName(context.image, node)) {
      for (const one of await readLinked(context, node)) packages.push(one)
    }
    for (const runtime of runtimeExaminers) {
      if (!runtime.examiner.selects(node)) continue
      const found = await readOrReport(context, node.path, () => readRuntime(context, node, runtime))
      if (found) packages.push(found)
    }
  }
  return packages
}

/** The same content is looked at once, unless a later layer took its first name away. */
function isFirstName({ tree }: ImageFiles, { size, hardlinkTo, layer }: FileNode): boolean {
  if (hardlinkTo === undefined) return true
  const first = tree.get(hardlinkTo)
  return !(
    first?.type === 'file' &&
    first.layer === layer &&
    first.size === size &&
    isProgramCandidate(first)
  )
}

async function readLinked(context: ReaderContext, node: FileNode): Promise<readonly Package[]> {
  const { image, signal, report } = context
  const facts = await readOrReport(context, node.path, () => image.examine(node, programExaminer, { signal }))
  if (!facts) return []
  const { go, crates, unread, sums } = facts
  if (sums) context.noteContent(node.path, sums)
  if (unread !== undefined) {
    report({ code: 'UNSUPPORTED', path: node.path, message: `${node.path}: ${unread}` })
  }
  return [
    ...(go ? await toGoPackages(context, node, evidenceOf(image, node, 'go-build-info'), go) : []),
    ...(crates
      ? await toCargoPackages(context, node, evidenceOf(image, node, 'rust-audit-data'), crates)
      : []),
  ]
}

async function readRuntime(
  { image, signal, noteContent }: ReaderContext,
  node: FileNode,
  { runtime, examiner }: RuntimeExaminer,
): Promise<Package | undefined> {
  const marks = await image.examine(node, examiner, { signal })
  if (!marks) return undefined
  const { name, cpes, versionInName } = runtime
  const release = versionInName?.exec(node.path.slice(node.path.lastIndexOf('/') + 1))?.[1]
  if (versionInName !== undefined && release === undefined) return undefined
  const version = marks.versions.find((one) => release === undefined || one.startsWith(`${release}.`))
  if (version === undefined) return undefined
  noteContent(node.path, marks.sums)
  return {
    type: 'generic',
    name,
    version,
    purl: toPurl({ type: 'generic', name, version }),
    files: [node.path],
    evidence: evidenceOf(image, node, 'binary-version-mark'),
    license: 'NOASSERTION',
    cpes: cpes.map((product) => `cpe:2.3:a:${product}:${version}:*:*:*:*:*:*:*`),
  }
}
