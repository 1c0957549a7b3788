import { formatPlatform } from '@sallyport/core'
import type { Inventory, Package } from '../inventory.ts'
import { type ReferredPackage, arrangeInventory } from './arrange-inventory.ts'
import {
  declaredLicense,
  licenseRefsIn,
  remarksOf,
  sourceInfoOf,
  spdxIdOf,
  spdxNamespace,
  spdxTime,
} from './describe-spdx.ts'
import { imagePurl } from './image-purl.ts'
import { familyOf } from './scanner-names.ts'
import { stringify } from './stringify.ts'
import type { ToSpdxOptions } from './to-spdx-options.ts'

interface Element {
  readonly type: string
  readonly spdxId: string
  readonly [property: string]: unknown
}

/** Writes SPDX 3.0.1 as JSON-LD (SPDX specification 3.0.1: Core, Software, SimpleLicensing). */
export function writeSpdx3(inventory: Inventory, options: ToSpdxOptions): string {
  // The URI of each element begins with that of the document, which is made of the rest of the document.
  const namespace = options.namespace ?? spdxNamespace(graphOf(inventory, options, 'urn:document'))
  return stringify(graphOf(inventory, options, namespace))
}

function graphOf(inventory: Inventory, options: ToSpdxOptions, namespace: string): object {
  const { name, timestamp, tool } = options
  const arranged = arrangeInventory(inventory)
  const element = (type: string, id: string, properties: object): Element => ({
    type,
    spdxId: `${namespace}#${id}`,
    creationInfo: '_:creationInfo',
    ...properties,
  })
  const maker = element('SoftwareAgent', 'Agent', { name: `${tool.name} ${tool.version}` })
  const writer = element('Tool', 'Tool', { name: `${tool.name}-${tool.version}` })
  const dataLicense = element('simplelicensing_LicenseExpression', 'DataLicense', {
    simplelicensing_licenseExpression: 'CC0-1.0',
  })
  const image = describeImage(inventory, name, element)
  const packages = describePackages(arranged.packages, element)
  const documentId = `${namespace}#Document`
  // A document with gaps must not read like a complete one.
  const gaps = arranged.gaps.map(({ code, message }, at) =>
    element('Annotation', `Gap-${at + 1}`, {
      annotationType: 'other',
      subject: documentId,
      statement: `sallyport:gap: ${code}: ${message}`,
    }),
  )
  const system = inventory.distro
    ? [
        element('software_Package', 'OperatingSystem', {
          name: familyOf(inventory.distro),
          ...(inventory.distro.versionId === undefined
            ? {}
            : { software_packageVersion: inventory.distro.versionId }),
          software_primaryPurpose: 'operatingSystem',
        }),
      ]
    : []
  const held = [...system, ...packages.elements]
  const contains =
    held.length === 0
      ? []
      : [
          element('Relationship', 'Contains', {
            from: image.spdxId,
            relationshipType: 'contains',
            to: held.map(({ spdxId }) => spdxId),
            completeness: gaps.length === 0 ? 'noAssertion' : 'incomplete',
          }),
        ]
  const all = [image, ...held, ...contains, ...packages.about]
  const sbom = element('software_Sbom', 'Sbom', {
    rootElement: [image.spdxId],
    element: all.map(({ spdxId }) => spdxId),
    software_sbomType: ['analyzed'],
  })
  const document = element('SpdxDocument', 'Document', {
    name,
    dataLicense: dataLicense.spdxId,
    profileConformance: ['core', 'software', 'simpleLicensing'],
    rootElement: [sbom.spdxId],
    element: [maker, writer, dataLicense, sbom, ...all, ...gaps].map(({ spdxId }) => spdxId),
  })
  return {
    '@context': 'https://spdx.org/rdf/3.0.1/spdx-context.jsonld',
    '@graph': [
      {
        type: 'CreationInfo',
        '@id': '_:creationInfo',
        specVersion: '3.0.1',
        created: spdxTime(timestamp),
        createdBy: [maker.spdxId],
        createdUsing: [writer.spdxId],
      },
      maker,
      writer,
      dataLicense,
      document,
      sbom,
      ...all,
      ...gaps,
    ],
  }
}

type MakeElement = (type: string, id: string, properties: object) => Element

const hash = (algorithm: string, hashValue: string) => ({ type: 'Hash', algorithm, hashValue })
const identifier = (externalIdentifierType: string, value: string) => ({
  type: 'ExternalIdentifier',
  externalIdentifierType,
  identifier: value,
})

function describeImage(inventory: Inventory, name: string, element: MakeElement): Element {
  const [algorithm, hex] = inventory.subject.split(':') as [string, string]
  const purl = imagePurl(inventory, name)
  return element('software_Package', 'ContainerImage', {
    name,
    comment: `platform: ${formatPlatform(inventory.platform)}`,
    verifiedUsing: [hash(algorithm, hex)],
    software_primaryPurpose: 'container',
    software_packageVersion: inventory.subject,
    ...(purl === undefined ? {} : { software_packageUrl: purl }),
  })
}

/** The packages, and what is said about them: needs, licences, remarks. */
function describePackages(
  packages: readonly ReferredPackage[],
  element: MakeElement,
): { readonly elements: readonly Element[]; readonly about: readonly Element[] } {
  const elements = new Map(packages.map((one) => [one.ref, describePackage(one, element)]))
  const licenses = describeLicenses(packages, element)
  const about: Element[] = [...licenses.texts, ...licenses.expressions.values()]
  for (const one of packages) {
    const { found, ref, dependsOn } = one
    const [id, from] = [spdxIdOf(one), elements.get(ref)!.spdxId]
    const relate = (suffix: string, relationshipType: string, to: readonly string[]) =>
      about.push(element('Relationship', `${id}-${suffix}`, { from, relationshipType, to }))
    if (dependsOn.length > 0) {
      relate(
        'needs',
        'dependsOn',
        dependsOn.map((other) => elements.get(other)!.spdxId),
      )
    }
    const license = licenses.expressions.get(declaredLicense(found))
    if (license) relate('license', 'hasDeclaredLicense', [license.spdxId])
    for (const [at, statement] of remarksOf(found).entries()) {
      about.push(
        element('Annotation', `${id}-remark-${at + 1}`, {
          annotationType: 'other',
          subject: from,
          statement,
        }),
      )
    }
  }
  return { elements: [...elements.values()], about }
}

function describePackage(one: ReferredPackage, element: MakeElement): Element {
  const { name, version, purl, cpes = [], checksums = [] }: Package = one.found
  return element('software_Package', spdxIdOf(one), {
    name,
    software_packageVersion: version,
    software_packageUrl: purl,
    software_sourceInfo: sourceInfoOf(one.found),
    externalIdentifier: [identifier('packageUrl', purl), ...cpes.map((cpe) => identifier('cpe23', cpe))],
    ...(checksums.length === 0
      ? {}
      : { verifiedUsing: checksums.map(({ algorithm, value }) => hash(algorithm, value)) }),
  })
}

/** Each expression once; each licence of one's own has an element, of whose text nothing is known. */
function describeLicenses(
  packages: readonly ReferredPackage[],
  element: MakeElement,
): { readonly texts: readonly Element[]; readonly expressions: ReadonlyMap<string, Element> } {
  const found = [...new Set(packages.map((one) => declaredLicense(one.found)))]
    .filter((expression) => expression !== 'NOASSERTION')
    .sort()
  const own = [...new Set(found.flatMap(licenseRefsIn))].sort()
  const texts = new Map(
    own.map((ref) => [
      ref,
      element('simplelicensing_SimpleLicensingText', ref, { simplelicensing_licenseText: 'NOASSERTION' }),
    ]),
  )
  const expressions = found.map((expression, at) => {
    const entries = licenseRefsIn(expression).map((key) => ({
      type: 'DictionaryEntry',
      key,
      value: texts.get(key)!.spdxId,
    }))
    return [
      expression,
      element('simplelicensing_LicenseExpression', `License-${at + 1}`, {
        simplelicensing_licenseExpression: expression,
        ...(entries.length === 0 ? {} : { simplelicensing_customIdToUri: entries }),
      }),
    ] as const
  })
  return { texts: [...texts.values()], expressions: new Map(expressions) }
}
