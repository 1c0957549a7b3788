import type { Distro, Package } from '../inventory.ts'

/** Trivy's names of distributions whose `ID` it would not know in an SBOM, and so report nothing for. */
const trivyFamilies: Readonly<Record<string, string>> = {
  almalinux: 'alma',
  amzn: 'amazon',
  mariner: 'cbl-mariner',
  ol: 'oracle',
  rhel: 'redhat',
  'sl-micro': 'slem',
  'sle-micro': 'slem',
  sles_sap: 'sles',
}

/** The name under which an operating system stands in a document: that of Trivy, the only reader that goes by it. */
export function familyOf({ id }: Pick<Distro, 'id'>): string {
  return Object.hasOwn(trivyFamilies, id) ? trivyFamilies[id]! : id
}

/** The `ID` of os-release that {@link familyOf} was made of. */
export function distroIdOf(family: string): string {
  return Object.entries(trivyFamilies).find(([, name]) => name === family)?.[0] ?? family
}

/**
 * What Trivy knows of a package by its own properties alone: the source that advisories of a distribution name, the
 * module, the layer and, of a language package, the file. Without the namespace that CycloneDX needs.
 */
export function trivyProperties(found: Package): readonly (readonly [string, string])[] {
  const { type, source, rpm, evidence } = found
  const isSystem = type === 'deb' || type === 'apk' || type === 'rpm'
  const fields: readonly (readonly [string, string | undefined])[] = [
    ['SrcName', isSystem ? source?.name : undefined],
    ['SrcVersion', isSystem ? source?.version : undefined],
    ['Modularitylabel', rpm?.modularityLabel],
    ['LayerDiffID', evidence.diffId],
    ['FilePath', isSystem ? undefined : evidence.path.slice(1)],
  ]
  return fields.filter((field): field is [string, string] => Boolean(field[1]))
}
