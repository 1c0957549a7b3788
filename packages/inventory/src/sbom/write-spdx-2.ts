import { formatPlatform } from '@sallyport/core'
import type { Distro, Inventory } from '../inventory.ts'
import { type ReferredPackage, arrangeInventory } from './arrange-inventory.ts'
import {
  declaredLicense,
  licenseRefsIn,
  remarksOf,
  sourceInfoOf,
  spdxIdOf,
  spdxNamespace,
  spdxTime,
  trivyRemarksOf,
} from './describe-spdx.ts'
import { imagePurl } from './image-purl.ts'
import { familyOf } from './scanner-names.ts'
import { stringify } from './stringify.ts'
import type { ToSpdxOptions } from './to-spdx-options.ts'

/** Fields that the specification wants of each package and of which an inventory knows nothing. */
const unknown = {
  downloadLocation: 'NOASSERTION',
  filesAnalyzed: false,
  licenseConcluded: 'NOASSERTION',
}

/** Writes SPDX 2.3 JSON (SPDX specification 2.3, clauses 6 to 12). */
export function writeSpdx2(inventory: Inventory, options: ToSpdxOptions): string {
  const { name, timestamp, tool } = options
  const { packages, gaps } = arrangeInventory(inventory)
  const created = spdxTime(timestamp)
  const annotator = `Tool: ${tool.name}-${tool.version}`
  const annotate = (comment: string) => ({
    annotationDate: created,
    annotationType: 'OTHER',
    annotator,
    comment,
  })
  const ids = new Map(packages.map((one) => [one.ref, `SPDXRef-${spdxIdOf(one)}`]))
  const system = inventory.distro && describeDistro(inventory.distro)
  const document = {
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    SPDXID: 'SPDXRef-DOCUMENT',
    name,
    documentNamespace: '',
    creationInfo: { created, creators: [annotator] },
    // A document with gaps must not read like a complete one.
    annotations: gaps.map(({ code, message }) => annotate(`sallyport:gap: ${code}: ${message}`)),
    packages: [
      describeImage(inventory, name),
      ...(system ? [system] : []),
      ...packages.map((one) => describePackage(one, ids.get(one.ref)!, annotate)),
    ],
    hasExtractedLicensingInfos: [
      ...new Set(packages.flatMap(({ found }) => licenseRefsIn(declaredLicense(found)))),
    ]
      .sort()
      .map((licenseId) => ({ licenseId, extractedText: 'NOASSERTION' })),
    relationships: [
      relate('SPDXRef-DOCUMENT', 'DESCRIBES', imageId),
      ...(system ? [relate(imageId, 'CONTAINS', system.SPDXID)] : []),
      ...packages.map(({ ref }) => relate(imageId, 'CONTAINS', ids.get(ref)!)),
      ...packages.flatMap(({ ref, dependsOn }) =>
        dependsOn.map((other) => relate(ids.get(ref)!, 'DEPENDS_ON', ids.get(other)!)),
      ),
    ],
  }
  document.documentNamespace = options.namespace ?? spdxNamespace(document)
  return stringify(document)
}

const imageId = 'SPDXRef-ContainerImage'

const relate = (spdxElementId: string, relationshipType: string, relatedSpdxElement: string) => ({
  spdxElementId,
  relationshipType,
  relatedSpdxElement,
})

const purlReference = (referenceLocator: string) => ({
  referenceCategory: 'PACKAGE-MANAGER',
  referenceType: 'purl',
  referenceLocator,
})

function describeImage(inventory: Inventory, name: string) {
  const [algorithm, checksumValue] = inventory.subject.split(':') as [string, string]
  const purl = imagePurl(inventory, name)
  return {
    SPDXID: imageId,
    name,
    versionInfo: inventory.subject,
    primaryPackagePurpose: 'CONTAINER',
    ...unknown,
    licenseDeclared: 'NOASSERTION',
    comment: `platform: ${formatPlatform(inventory.platform)}`,
    checksums: [{ algorithm: algorithm.toUpperCase(), checksumValue }],
    ...(purl === undefined ? {} : { externalRefs: [purlReference(purl)] }),
  }
}

/** Trivy knows an operating system by the beginning of its identifier. */
function describeDistro(distro: Distro) {
  return {
    SPDXID: `SPDXRef-OperatingSystem-${distro.id.replaceAll(/[^A-Za-z0-9.-]+/g, '-')}`,
    name: familyOf(distro),
    ...(distro.versionId === undefined ? {} : { versionInfo: distro.versionId }),
    primaryPackagePurpose: 'OPERATING_SYSTEM',
    ...unknown,
    licenseDeclared: 'NOASSERTION',
  }
}

function describePackage({ found }: ReferredPackage, id: string, annotate: (comment: string) => object) {
  const { name, version, purl, cpes = [], checksums = [] } = found
  return {
    SPDXID: id,
    name,
    versionInfo: version,
    ...unknown,
    licenseDeclared: declaredLicense(found),
    sourceInfo: sourceInfoOf(found),
    ...(checksums.length === 0
      ? {}
      : {
          checksums: checksums.map(({ algorithm, value }) => ({
            algorithm: algorithm.toUpperCase(),
            checksumValue: value,
          })),
        }),
    externalRefs: [
      purlReference(purl),
      ...cpes.map((cpe) => ({
        referenceCategory: 'SECURITY',
        referenceType: 'cpe23Type',
        referenceLocator: cpe,
      })),
    ],
    annotations: [...remarksOf(found), ...trivyRemarksOf(found)].map(annotate),
  }
}
