import type { Finding, FindingPackage } from '../finding.ts'
import { keysOf, packageKey, packageNameKey } from '../merge/package-key.ts'
import type { NewVexStatement } from './write-openvex.ts'

/** Options of {@link vexOfChange}. */
export interface VexOfChangeOptions {
  /** Findings of the image before. */
  readonly before: readonly Finding[]
  /** Findings of the image that the statements will be about. */
  readonly after: readonly Finding[]
  /** All packages of that image. */
  readonly packages: readonly Pick<FindingPackage, 'type' | 'name' | 'version' | 'purl'>[]
}

/**
 * Statements about a changed image for what its change took away: `not_affected` because the component is not present
 * any more, or `fixed` where another version of the package is there instead. What is still found gets no statement,
 * nor does what only vanished from the findings while its package stayed: nobody knows why.
 */
export function vexOfChange({ before, after, packages }: VexOfChangeOptions): readonly NewVexStatement[] {
  const still = new Set(after.flatMap(identitiesOf))
  const { keys, names } = keysOf(packages)
  const statements: NewVexStatement[] = []
  for (const finding of before) {
    if (keys.has(packageKey(finding.package))) continue
    if (identitiesOf(finding).some((identity) => still.has(identity))) continue
    const replaced = names.has(packageNameKey(finding.package))
    statements.push({
      vulnerability: finding.id,
      aliases: finding.aliases,
      packages: [finding.package.purl],
      ...(replaced
        ? { status: 'fixed', statement: `${finding.package.name} was replaced by another version` }
        : {
            status: 'not_affected',
            justification: 'component_not_present',
            statement: `${finding.package.name} ${finding.package.version} was removed from this image`,
          }),
    })
  }
  return statements
}

function identitiesOf({ id, aliases, package: pkg }: Finding): readonly string[] {
  const key = packageKey(pkg)
  return [id, ...aliases].map((one) => `${key} ${one}`)
}
