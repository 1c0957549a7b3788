import type { CycloneDxComponent, CycloneDxPredicate } from './cyclonedx.ts'
import { isSpdx3, type Spdx2Predicate, type Spdx3Predicate, type SpdxPredicate } from './spdx.ts'

/** What an SBOM says, as far as it is compared. */
export interface SbomContents {
  /** Texts by which it names what it describes: versions, purls, `sha256:` digests. */
  readonly subject: readonly string[]
  /** purls of the packages. */
  readonly packages: readonly string[]
}

/** Takes from an SBOM how it names its subject and which packages it lists. */
export function readSbom(sbom: CycloneDxPredicate | SpdxPredicate): SbomContents {
  if (isCycloneDx(sbom)) return readCycloneDx(sbom)
  return isSpdx3(sbom) ? readSpdx3(sbom) : readSpdx2(sbom)
}

function isCycloneDx(sbom: CycloneDxPredicate | SpdxPredicate): sbom is CycloneDxPredicate {
  return 'bomFormat' in sbom
}

const isText = (value: string | undefined): value is string => value !== undefined && value !== ''

function readCycloneDx({ metadata, components }: CycloneDxPredicate): SbomContents {
  const subject = metadata?.component
  const packages: string[] = []
  const open: CycloneDxComponent[] = [...(components ?? []), ...(subject?.components ?? [])]
  for (let next = open.pop(); next; next = open.pop()) {
    if (isText(next.purl)) packages.push(next.purl)
    open.push(...(next.components ?? []))
  }
  const properties = subject?.properties ?? []
  return {
    subject: [
      subject?.version,
      subject?.purl,
      subject?.['bom-ref'],
      ...(subject?.hashes ?? []).map(({ alg, content }) => toDigest(alg, content)),
      // Trivy names the manifest only here.
      ...properties.filter(({ name }) => name === 'aquasecurity:trivy:RepoDigest').map(({ value }) => value),
    ].filter(isText),
    packages,
  }
}

function readSpdx2({ documentDescribes, packages = [], relationships = [] }: Spdx2Predicate): SbomContents {
  const document = 'SPDXRef-DOCUMENT'
  const described = new Set(documentDescribes)
  for (const { spdxElementId, relationshipType, relatedSpdxElement } of relationships) {
    if (relationshipType === 'DESCRIBES' && spdxElementId === document) described.add(relatedSpdxElement)
    if (relationshipType === 'DESCRIBED_BY' && relatedSpdxElement === document) described.add(spdxElementId)
  }
  const purls = ({ externalRefs = [] }: (typeof packages)[number]): string[] =>
    externalRefs
      .filter(({ referenceType }) => referenceType === 'purl')
      .map(({ referenceLocator }) => referenceLocator)
  const isSubject = ({ SPDXID }: (typeof packages)[number]): boolean => described.has(SPDXID)
  return {
    subject: packages
      .filter(isSubject)
      .flatMap((found) => [
        ...[found.versionInfo].filter(isText),
        ...purls(found),
        ...(found.checksums ?? []).map(({ algorithm, checksumValue }) => toDigest(algorithm, checksumValue)),
      ]),
    packages: packages.filter((found) => !isSubject(found)).flatMap(purls),
  }
}

function readSpdx3({ '@graph': elements }: Spdx3Predicate): SbomContents {
  type Element = (typeof elements)[number]
  const roots = (type: string): ReadonlySet<string> =>
    new Set(elements.filter((found) => found.type === type).flatMap(({ rootElement = [] }) => rootElement))
  // The document's root is the SBOM, whose root is the subject, or it is the subject itself.
  const described = new Set([...roots('software_Sbom'), ...roots('SpdxDocument')])
  const packages = elements.filter(({ type }) => type === 'software_Package')
  const isSubject = ({ spdxId }: Element): boolean => spdxId !== undefined && described.has(spdxId)
  const purls = ({ software_packageUrl: purl, externalIdentifier = [] }: Element): string[] => [
    ...[purl].filter(isText),
    ...externalIdentifier
      .filter(({ externalIdentifierType }) => externalIdentifierType === 'packageUrl')
      .map(({ identifier }) => identifier),
  ]
  return {
    subject: packages
      .filter(isSubject)
      .flatMap((found) => [
        ...[found.software_packageVersion].filter(isText),
        ...purls(found),
        ...(found.verifiedUsing ?? []).flatMap(({ type, algorithm, hashValue }) =>
          type === 'Hash' && isText(algorithm) && isText(hashValue) ? [toDigest(algorithm, hashValue)] : [],
        ),
      ]),
    packages: packages.filter((found) => !isSubject(found)).flatMap((found) => [...new Set(purls(found))]),
  }
}

/** `SHA-256` of CycloneDX, `SHA256` and `sha256` of SPDX. */
function toDigest(algorithm: string, hex: string): string {
  return `${algorithm.toLowerCase().replace('-', '')}:${hex.toLowerCase()}`
}
