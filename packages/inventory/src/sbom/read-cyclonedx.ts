import { InventoryError } from '../errors.ts'
import { quote } from '../internal/quote.ts'
import { collectPackages, distroOfPurls, toChecksum } from './collect-packages.ts'
import { type CycloneDxComponent, cycloneDxSchema, cycloneDxVersions } from './cyclonedx.schema.ts'
import { isImagePurl } from './is-image-purl.ts'
import { parseDocument } from './parse-document.ts'
import { gapsOfRemarks, sourceOf, sourcesOf } from './sbom-remarks.ts'
import type { Sbom, SbomPackage, SbomSubject } from './sbom.ts'
import { distroIdOf } from './scanner-names.ts'

/** Component types that are packages even without a purl. */
const packageTypes: ReadonlySet<string> = new Set(['application', 'framework', 'library', 'firmware'])
/** Component types that hold packages, and are none. */
const holderTypes: ReadonlySet<string> = new Set(['container', 'operating-system', 'file'])

/**
 * Reads CycloneDX JSON.
 *
 * @throws {InventoryError} `SBOM_INVALID`, `SBOM_UNSUPPORTED` or `LIMIT_EXCEEDED`.
 */
export function readCycloneDx(document: object, maxPackages: number): Sbom {
  const told = 'specVersion' in document ? document.specVersion : undefined
  if (typeof told === 'string' && !cycloneDxVersions.some((version) => version === told)) {
    throw new InventoryError('SBOM_UNSUPPORTED', `CycloneDX of version ${quote(told)}`)
  }
  const bom = parseDocument(cycloneDxSchema, document, 'CycloneDX')
  const { metadata, components = [], dependencies = [], specVersion } = bom
  const collector = collectPackages(maxPackages)
  const others = new Set<string>()
  let distro: Sbom['distro']
  // A list of its own instead of recursion: components may be nested as deeply as JSON is read.
  const open = [...components, ...(metadata?.component?.components ?? [])].reverse()
  for (let one = open.pop(); one; one = open.pop()) {
    for (const inner of one.components?.toReversed() ?? []) open.push(inner)
    if (one.type === 'operating-system') distro ??= toDistro(one)
    if (isPackage(one)) collector.add(toPackage(one))
    else if (one['bom-ref'] !== undefined) others.add(one['bom-ref'])
  }
  const subjectRef = metadata?.component?.['bom-ref']
  if (subjectRef !== undefined) others.add(subjectRef)
  for (const { ref, dependsOn = [] } of dependencies) {
    for (const on of dependsOn) collector.depend(ref, on)
  }
  const { packages, warnings } = collector.finish(others)
  return {
    format: 'cyclonedx',
    version: specVersion,
    subject: metadata?.component && toSubject(metadata.component),
    tools: toTools(metadata?.tools),
    createdAt: metadata?.timestamp,
    distro: distro ?? distroOfPurls(packages),
    platform: metadata?.component && propertyOf(metadata.component, 'sallyport:platform'),
    gaps: gapsOfRemarks(valuesOf(metadata ?? {}, 'sallyport:gap')),
    packages,
    warnings,
  }
}

type Described = Pick<CycloneDxComponent, 'properties'>

const propertyOf = ({ properties = [] }: Described, name: string) =>
  properties.find((property) => property.name === name)?.value

const valuesOf = ({ properties = [] }: Described, name: string): readonly string[] =>
  properties.flatMap((property) => (property.name === name ? (property.value ?? []) : []))

/** Trivy lists the files that it read packages from as applications without a purl. */
function isPackage(component: CycloneDxComponent): boolean {
  const { type, purl } = component
  if (holderTypes.has(type) || isImagePurl(purl)) return false
  if (purl !== undefined) return true
  return packageTypes.has(type) && propertyOf(component, 'aquasecurity:trivy:Type') === undefined
}

function toPackage(component: CycloneDxComponent): Parameters<ReturnType<typeof collectPackages>['add']>[0] {
  const { group, name, version, purl, cpe, hashes = [], licenses = [], properties = [], evidence } = component
  const further = properties.flatMap((property) =>
    property.name === 'syft:cpe23' ? (property.value ?? []) : [],
  )
  return {
    ref: component['bom-ref'],
    name: group ? `${group}/${name}` : name,
    version,
    purl,
    licenses: licenses.flatMap(({ license, expression }) => expression ?? license?.id ?? license?.name ?? []),
    cpes: [...(cpe === undefined ? [] : [cpe]), ...further],
    checksums: hashes.flatMap(({ alg, content }) => toChecksum(alg, content) ?? []),
    path: toPath(
      evidence?.occurrences?.[0]?.location ??
        propertyOf(component, 'syft:location:0:path') ??
        propertyOf(component, 'aquasecurity:trivy:FilePath') ??
        propertyOf(component, 'SrcFile'),
    ),
    diffId:
      propertyOf(component, 'sallyport:layer:diffId') ??
      propertyOf(component, 'syft:location:0:layerID') ??
      propertyOf(component, 'aquasecurity:trivy:LayerDiffID'),
    source: sourceOf(propertyOf(component, 'sallyport:package:source')) ?? trivySource(component),
    ownedBy: propertyOf(component, 'sallyport:owned-by'),
    builtUsing: sourcesOf(valuesOf(component, 'sallyport:built-using')),
    module:
      propertyOf(component, 'aquasecurity:trivy:Modularitylabel') ??
      propertyOf(component, 'syft:metadata:modularityLabel'),
  }
}

/** Trivy splits the version of a source package as rpm does, of whatever distribution. */
function trivySource(component: CycloneDxComponent): SbomPackage['source'] {
  const [name, version, release, epoch] = ['SrcName', 'SrcVersion', 'SrcRelease', 'SrcEpoch'].map((key) =>
    propertyOf(component, `aquasecurity:trivy:${key}`),
  )
  if (!name || !version) return undefined
  const isEpochApart = epoch && epoch !== '0' && !version.includes(':')
  return { name, version: `${isEpochApart ? `${epoch}:` : ''}${version}${release ? `-${release}` : ''}` }
}

/** Trivy writes paths without the first slash. */
const toPath = (path: string | undefined) => (path?.startsWith('/') ? path : path && `/${path}`)

function toDistro(component: CycloneDxComponent): NonNullable<Sbom['distro']> {
  return {
    id: propertyOf(component, 'syft:distro:id') ?? distroIdOf(component.name),
    versionId: propertyOf(component, 'syft:distro:versionID') ?? component.version,
  }
}

function toSubject(component: CycloneDxComponent): SbomSubject {
  const { name, version, purl, hashes = [] } = component
  const hash = hashes.find(({ alg }) => alg === 'SHA-256')?.content.toLowerCase()
  const digest = [
    version,
    // Trivy names the image's manifest by repository and digest.
    propertyOf(component, 'aquasecurity:trivy:RepoDigest')?.split('@')[1],
    component.type === 'container' && hash ? `sha256:${hash}` : undefined,
  ].find((text) => text !== undefined && /^sha256:[0-9a-f]{64}$/.test(text))
  return { name, version, digest, purl }
}

function toTools(
  tools:
    | readonly { name?: string | undefined; version?: string | undefined }[]
    | { components?: { name?: string | undefined; version?: string | undefined }[] | undefined }
    | undefined,
): Sbom['tools'] {
  const list = tools === undefined ? [] : 'components' in tools ? (tools.components ?? []) : tools
  return Array.isArray(list)
    ? list.flatMap(({ name, version }) => (name === undefined ? [] : { name, version }))
    : []
}
