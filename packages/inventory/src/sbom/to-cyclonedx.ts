import { formatPlatform } from '@sallyport/core'
import * as Enums from '@cyclonedx/cyclonedx-library/Enums'
import * as Models from '@cyclonedx/cyclonedx-library/Models'
import * as Serialize from '@cyclonedx/cyclonedx-library/Serialize'
import * as SPDX from '@cyclonedx/cyclonedx-library/SPDX'
import * as Spec from '@cyclonedx/cyclonedx-library/Spec'
import * as Types from '@cyclonedx/cyclonedx-library/Types'
import { PackageURL } from 'packageurl-js'
import { isJudgedByOwner } from '../is-judged-by-owner.ts'
import type { Distro, Inventory, Package } from '../inventory.ts'
import { spdxOrUnknown } from '../spdx-expression.ts'
import { type ReferredPackage, arrangeInventory } from './arrange-inventory.ts'
import { type ComponentEvidence, describeEvidence } from './describe-evidence.ts'
import { deriveUuid } from './derive-uuid.ts'
import { imagePurl } from './image-purl.ts'
import { familyOf, trivyProperties } from './scanner-names.ts'
import { stringify } from './stringify.ts'

/** Options of {@link toCycloneDx}. */
export interface ToCycloneDxOptions {
  /** Name of the image, e.g. `registry.example/team/app`. */
  readonly name: string
  /** Time of the document. */
  readonly timestamp: Date
  /** Who made the document. */
  readonly tool: { readonly name: string; readonly version: string }
  /** `urn:uuid:…`. Default: derived from all the rest of the document, so that equal input gives equal bytes. */
  readonly serialNumber?: string | undefined
  /** Version of CycloneDX. Default `1.6`, which more tools read. */
  readonly specVersion?: '1.6' | '1.7' | undefined
}

const specs = { '1.6': Spec.Spec1dot6, '1.7': Spec.Spec1dot7 }

/**
 * Writes an inventory as CycloneDX JSON. Deterministic: the order of the inventory's lists does not matter. The
 * source package, the layer and the place where a package was found are properties named `sallyport:*`; what Trivy
 * and Grype need to match as they do by themselves has the names that they read.
 */
export function toCycloneDx(inventory: Inventory, options: ToCycloneDxOptions): string {
  const { name, timestamp, tool, specVersion = '1.6' } = options
  const { packages, gaps } = arrangeInventory(inventory)
  const bom = new Models.Bom({
    version: 1,
    serialNumber: options.serialNumber ?? `urn:uuid:${deriveUuid('')}`,
  })
  bom.metadata.timestamp = timestamp
  bom.metadata.tools.components.add(
    new Models.Component(Enums.ComponentType.Application, tool.name, { version: tool.version }),
  )
  const image = describeImage(inventory, name)
  bom.metadata.component = image
  // A document with gaps must not read like a complete one.
  for (const { code, message } of gaps) addProperty(bom.metadata, 'sallyport:gap', `${code}: ${message}`)
  const components = new Map(packages.map((one) => [one.ref, describePackage(one)]))
  for (const { ref, dependsOn } of packages) {
    const component = components.get(ref)!
    for (const other of dependsOn) component.dependencies.add(components.get(other)!.bomRef)
    bom.components.add(component)
  }
  if (inventory.distro) bom.components.add(describeDistro(inventory.distro))
  for (const { bomRef } of bom.components) image.dependencies.add(bomRef)

  const document = new Serialize.JSON.Normalize.Factory(specs[specVersion])
    .makeForBom()
    .normalize(bom, { sortLists: false })
  addEvidence(document.components ?? [], packages)
  // In place of the first one, so that it keeps its place among the keys.
  if (options.serialNumber === undefined)
    document.serialNumber = `urn:uuid:${deriveUuid(stringify(document))}`
  return stringify(document)
}

function describeImage(inventory: Inventory, name: string): Models.Component {
  const { subject, platform } = inventory
  const [algorithm, hex] = subject.split(':') as [string, string]
  const component = new Models.Component(Enums.ComponentType.Container, name, {
    bomRef: subject,
    version: subject,
    purl: imagePurl(inventory, name),
    hashes: new Models.HashDictionary([
      [algorithm === 'sha256' ? Enums.HashAlgorithm['SHA-256'] : Enums.HashAlgorithm['SHA-512'], hex],
    ]),
  })
  addProperty(component, 'sallyport:platform', formatPlatform(platform))
  return component
}

const hashAlgorithms = {
  md5: Enums.HashAlgorithm.MD5,
  sha1: Enums.HashAlgorithm['SHA-1'],
  sha256: Enums.HashAlgorithm['SHA-256'],
  sha512: Enums.HashAlgorithm['SHA-512'],
}

function describePackage({ found, ref }: ReferredPackage): Models.Component {
  const { version, purl, type, source, evidence, checksums = [] } = found
  const { group, name } = nameOf(found)
  const [cpe, ...furtherCpes] = (found.cpes ?? []).filter((one) => Types.isCPE(one))
  const component = new Models.Component(
    type === 'generic' ? Enums.ComponentType.Application : Enums.ComponentType.Library,
    name,
    {
      group,
      bomRef: ref,
      version,
      purl,
      cpe,
      hashes: new Models.HashDictionary(
        checksums.map(({ algorithm, value }) => [hashAlgorithms[algorithm], value]),
      ),
    },
  )
  const license = spdxOrUnknown(found.license)
  if (license !== 'NOASSERTION') {
    component.licenses.add(
      SPDX.isSupportedSpdxId(license)
        ? new Models.SpdxLicense(license)
        : new Models.LicenseExpression(license),
    )
  }
  const add = (key: string, value: string | undefined) => addProperty(component, key, value)
  add('sallyport:package:type', type)
  add('sallyport:package:source', source && `${source.name}@${source.version}`)
  add('sallyport:evidence:path', evidence.path)
  add('sallyport:evidence:method', evidence.method)
  add('sallyport:layer:diffId', evidence.diffId)
  add('sallyport:layer:index', String(evidence.layer))
  add('sallyport:owned-by', isJudgedByOwner(found) ? found.ownedBy : undefined)
  for (const built of found.builtUsing ?? []) add('sallyport:built-using', `${built.name}@${built.version}`)
  for (const [key, value] of trivyProperties(found)) add(`aquasecurity:trivy:${key}`, value)
  for (const one of furtherCpes) add('syft:cpe23', one)
  return component
}

/** Group and name apart where both scanners want them so: of Maven. */
function nameOf({ type, name, purl }: Package): {
  readonly group?: string | undefined
  readonly name: string
} {
  if (type !== 'maven') return { name }
  const parsed = PackageURL.fromString(purl)
  return { group: parsed.namespace ?? undefined, name: parsed.name ?? name }
}

function describeDistro(distro: Distro): Models.Component {
  const { id, versionId } = distro
  const component = new Models.Component(Enums.ComponentType.OperatingSystem, familyOf(distro), {
    bomRef: `os:${id}`,
    version: versionId,
  })
  addProperty(component, 'syft:distro:id', id)
  addProperty(component, 'syft:distro:versionID', versionId)
  for (const [at, like] of distro.idLike.entries()) addProperty(component, `syft:distro:idLike:${at}`, like)
  return component
}

function addProperty(
  { properties }: Pick<Models.Component, 'properties'>,
  name: string,
  value: string | undefined,
): void {
  if (value !== undefined) properties.add(new Models.Property(name, value))
}

/** The library's model of evidence has neither identity nor occurrences. */
function addEvidence(
  components: readonly Serialize.JSON.Types.Normalized.Component[],
  packages: readonly ReferredPackage[],
): void {
  const found = new Map(packages.map((one) => [one.ref, one.found]))
  for (const component of components as (Serialize.JSON.Types.Normalized.Component & {
    evidence?: ComponentEvidence
  })[]) {
    const one = found.get(component['bom-ref'] ?? '')
    if (one) component.evidence = describeEvidence(one)
  }
}
