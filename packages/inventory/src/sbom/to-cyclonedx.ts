import { digestOf, formatPlatform } from '@sallyport/core'
import { Enums, Models, Serialize, SPDX, Spec } from '@cyclonedx/cyclonedx-library'
import type { Inventory, Package } from '../inventory.ts'

/** Options of {@link toCycloneDx}. */
export interface ToCycloneDxOptions {
  /** Name of the image, e.g. `registry.example/team/app`. */
  readonly name: string
  readonly timestamp: Date
  /** Who made the document. */
  readonly tool: { readonly name: string; readonly version: string }
  /** `urn:uuid:…`. Default: derived from the image's digest and the time, so that equal input gives equal bytes. */
  readonly serialNumber?: string | undefined
}

/**
 * Writes an inventory as CycloneDX 1.6 JSON. Deterministic. The source package, the layer and the place where a
 * package was found are properties named `sallyport:*`.
 */
export function toCycloneDx(inventory: Inventory, options: ToCycloneDxOptions): string {
  const { name, timestamp, tool } = options
  const bom = new Models.Bom({
    version: 1,
    serialNumber: options.serialNumber ?? deriveSerialNumber(inventory, timestamp),
  })
  bom.metadata.timestamp = timestamp
  bom.metadata.tools.components.add(
    new Models.Component(Enums.ComponentType.Application, tool.name, { version: tool.version }),
  )
  bom.metadata.component = describeImage(inventory, name)
  // A document with gaps must not read like a complete one.
  for (const { code, message } of inventory.gaps) {
    bom.metadata.properties.add(new Models.Property('sallyport:gap', `${code}: ${message}`.toWellFormed()))
  }
  for (const [position, found] of inventory.packages.entries())
    bom.components.add(describePackage(found, position))
  if (inventory.distro) bom.components.add(describeDistro(inventory.distro))
  for (const { bomRef } of bom.components) bom.metadata.component.dependencies.add(bomRef)

  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6))
  return serializer.serialize(bom, { sortLists: false, space: 0 })
}

function describeImage({ subject, platform }: Inventory, name: string): Models.Component {
  const [algorithm, hex] = subject.split(':') as [string, string]
  const component = new Models.Component(Enums.ComponentType.Container, name, {
    bomRef: subject,
    version: subject,
    hashes: new Models.HashDictionary([
      [algorithm === 'sha256' ? Enums.HashAlgorithm['SHA-256'] : Enums.HashAlgorithm['SHA-512'], hex],
    ]),
  })
  component.properties.add(new Models.Property('sallyport:platform', formatPlatform(platform)))
  return component
}

function describePackage(found: Package, position: number): Models.Component {
  const { name, version, purl, type, license, source, evidence, ownedBy } = found
  const component = new Models.Component(Enums.ComponentType.Library, name, {
    // The same package may be installed in several places.
    bomRef: `${purl}#${position}`,
    version,
    purl,
  })
  if (license && license !== 'NOASSERTION') {
    component.licenses.add(
      SPDX.isSupportedSpdxId(license)
        ? new Models.SpdxLicense(license)
        : new Models.LicenseExpression(license),
    )
  }
  const add = (key: string, value: string | undefined) => {
    if (value !== undefined)
      component.properties.add(new Models.Property(`sallyport:${key}`, value.toWellFormed()))
  }
  add('package:type', type)
  add('package:source', source && `${source.name}@${source.version}`)
  add('evidence:path', evidence.path)
  add('evidence:method', evidence.method)
  add('layer:diffId', evidence.diffId)
  add('owned-by', ownedBy)
  return component
}

function describeDistro({ id, versionId }: NonNullable<Inventory['distro']>): Models.Component {
  return new Models.Component(Enums.ComponentType.OperatingSystem, id, {
    bomRef: `os:${id}`,
    ...(versionId === undefined ? {} : { version: versionId }),
  })
}

function deriveSerialNumber({ subject }: Inventory, timestamp: Date): string {
  const hex = digestOf(`${subject} ${timestamp.toISOString()}`).slice('sha256:'.length)
  // Version 8 of RFC 9562: a UUID made by a rule of one's own.
  const variant = ((Number.parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16)
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
