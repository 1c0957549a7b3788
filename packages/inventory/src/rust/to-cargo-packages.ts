import type { FileNode } from '@sallyport/image'
import type { Package, PackageEvidence } from '../inventory.ts'
import { toPurl } from '../package-url.ts'
import { type ReaderContext, readOrReport } from '../reader.ts'
import type { AuditedCrate } from './read-audit-data.ts'

/** Lists the crates that are linked into a Rust program. What is not of crates.io says so in the purl. */
export async function toCargoPackages(
  context: ReaderContext,
  node: FileNode,
  evidence: PackageEvidence,
  crates: readonly AuditedCrate[],
): Promise<readonly Package[]> {
  const purls = await Promise.all(
    crates.map(({ name, version, source }) =>
      readOrReport(context, node.path, () =>
        toPurl({
          type: 'cargo',
          name,
          version,
          qualifiers: { source: source === 'crates.io' ? undefined : source },
        }),
      ),
    ),
  )
  const packages = new Map<string, Package>()
  for (const [index, { name, version, root, dependencies }] of crates.entries()) {
    const purl = purls[index]
    if (purl === undefined) continue
    packages.set(purl, {
      type: 'cargo',
      name,
      version,
      purl,
      files: root ? [node.path] : [],
      evidence,
      license: 'NOASSERTION',
      dependsOn: [...new Set(dependencies.flatMap((one) => purls[one] ?? []))].sort(),
    })
  }
  return [...packages.values()]
}
