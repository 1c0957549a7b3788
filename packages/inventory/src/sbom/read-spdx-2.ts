import type * as z from 'zod'
import { InventoryError } from '../errors.ts'
import { quote } from '../internal/quote.ts'
import { collectPackages, distroOfPurls, toChecksum } from './collect-packages.ts'
import { isImagePurl } from './is-image-purl.ts'
import { parseDocument } from './parse-document.ts'
import { parseSpdxRemarks, pathInSourceInfo } from './parse-spdx-remarks.ts'
import { describedByRemarks, gapsOfRemarks } from './sbom-remarks.ts'
import type { Sbom, SbomSubject } from './sbom.ts'
import { distroIdOf } from './scanner-names.ts'
import { spdx2Schema, type spdx2PackageSchema } from './spdx-2.schema.ts'

type Spdx2Package = z.infer<typeof spdx2PackageSchema>

/**
 * Reads SPDX 2.2 or 2.3 JSON.
 *
 * @throws {InventoryError} `SBOM_INVALID`, `SBOM_UNSUPPORTED` or `LIMIT_EXCEEDED`.
 */
export function readSpdx2(document: object, maxPackages: number): Sbom {
  const told = 'spdxVersion' in document ? document.spdxVersion : undefined
  if (typeof told === 'string' && told !== 'SPDX-2.2' && told !== 'SPDX-2.3') {
    throw new InventoryError('SBOM_UNSUPPORTED', `SPDX of version ${quote(told)}`)
  }
  const spdx = parseDocument(spdx2Schema, document, 'SPDX')
  const { packages: all = [], relationships = [], files = [], snippets = [], creationInfo } = spdx
  const described = new Set([
    ...(spdx.documentDescribes ?? []),
    ...relationships.flatMap(({ spdxElementId, relationshipType, relatedSpdxElement }) =>
      relationshipType === 'DESCRIBES' && spdxElementId === spdx.SPDXID ? relatedSpdxElement : [],
    ),
    ...relationships.flatMap(({ spdxElementId, relationshipType, relatedSpdxElement }) =>
      relationshipType === 'DESCRIBED_BY' && relatedSpdxElement === spdx.SPDXID ? spdxElementId : [],
    ),
  ])
  const collector = collectPackages(maxPackages)
  const others = new Set([
    spdx.SPDXID,
    ...files.map(({ SPDXID }) => SPDXID),
    ...snippets.map(({ SPDXID }) => SPDXID),
  ])
  const roots = all.filter(({ SPDXID }) => described.has(SPDXID))
  let distro: Sbom['distro']
  for (const one of all) {
    if (isSystem(one)) distro ??= { id: distroIdOf(one.name), versionId: one.versionInfo }
    if (isSystem(one) || isContainer(one, roots) || isTrivyFile(one)) others.add(one.SPDXID)
    else collector.add(toPackage(one))
  }
  for (const { spdxElementId, relatedSpdxElement, relationshipType } of relationships) {
    if (relationshipType === 'DEPENDS_ON') collector.depend(spdxElementId, relatedSpdxElement)
    if (relationshipType === 'DEPENDENCY_OF') collector.depend(relatedSpdxElement, spdxElementId)
  }
  const { packages, warnings } = collector.finish(others)
  return {
    format: 'spdx',
    version: spdx.spdxVersion.slice('SPDX-'.length),
    subject: roots.length === 1 ? toSubject(roots[0]!) : undefined,
    tools: creationInfo.creators.flatMap(toTool),
    createdAt: creationInfo.created,
    distro: distro ?? distroOfPurls(packages),
    platform: roots.flatMap(({ comment }) => /^platform: (\S+)$/.exec(comment ?? '')?.[1] ?? [])[0],
    gaps: gapsOfRemarks(
      (spdx.annotations ?? []).flatMap(({ comment }) => /^sallyport:gap: (.*)$/s.exec(comment)?.[1] ?? []),
    ),
    packages,
    warnings,
  }
}

const isSystem = ({ SPDXID, primaryPackagePurpose }: Spdx2Package) =>
  primaryPackagePurpose?.replace('-', '_') === 'OPERATING_SYSTEM' ||
  SPDXID.startsWith('SPDXRef-OperatingSystem')

const purlOf = ({ externalRefs = [] }: Spdx2Package) =>
  externalRefs.find(({ referenceType }) => referenceType === 'purl')?.referenceLocator

/** What the document is about, when it is something that holds packages and none itself. */
function isContainer(one: Spdx2Package, roots: readonly Spdx2Package[]): boolean {
  if (one.primaryPackagePurpose === 'CONTAINER' || isImagePurl(purlOf(one))) return true
  return roots.includes(one) && purlOf(one) === undefined && roots.length === 1
}

/** Trivy lists the files that it read packages from as packages. */
const isTrivyFile = (one: Spdx2Package) =>
  one.SPDXID.startsWith('SPDXRef-Application') && purlOf(one) === undefined

function toPackage(one: Spdx2Package): Parameters<ReturnType<typeof collectPackages>['add']>[0] {
  const { name, versionInfo, licenseDeclared, licenseConcluded, externalRefs = [], checksums = [] } = one
  const comments = (one.annotations ?? []).map(({ comment }) => comment)
  const remarks = parseSpdxRemarks(comments)
  return {
    ...describedByRemarks(comments, one.sourceInfo),
    ref: one.SPDXID,
    name,
    version: versionInfo,
    purl: purlOf(one),
    licenses: [...new Set([licenseDeclared, licenseConcluded])].filter(
      (license): license is string =>
        license !== undefined && license !== 'NOASSERTION' && license !== 'NONE',
    ),
    cpes: externalRefs.flatMap(({ referenceType, referenceLocator }) =>
      referenceType === 'cpe23Type' || referenceType.endsWith('/cpe23Type') ? referenceLocator : [],
    ),
    checksums: checksums.flatMap(
      ({ algorithm, checksumValue }) => toChecksum(algorithm, checksumValue) ?? [],
    ),
    path: remarks.path ?? pathInSourceInfo(one.sourceInfo),
    diffId: remarks.diffId,
  }
}

function toSubject(one: Spdx2Package): SbomSubject {
  const { name, versionInfo, checksums = [] } = one
  const hash = checksums.find(({ algorithm }) => algorithm === 'SHA256')?.checksumValue.toLowerCase()
  const container = one.primaryPackagePurpose === 'CONTAINER' || isImagePurl(purlOf(one))
  const digest = [
    versionInfo,
    ...(one.annotations ?? []).map(
      ({ comment }) => /^RepoDigest: \S+@(sha256:[0-9a-f]{64})$/.exec(comment)?.[1],
    ),
    container && hash ? `sha256:${hash}` : undefined,
  ].find((text) => text !== undefined && /^sha256:[0-9a-f]{64}$/.test(text))
  return { name, version: versionInfo, digest, purl: purlOf(one) }
}

/** `Tool: name-version` (SPDX 2.3, 6.8). */
function toTool(creator: string): Sbom['tools'] {
  if (!creator.startsWith('Tool: ')) return []
  const tool = creator.slice('Tool: '.length)
  const dash = tool.lastIndexOf('-')
  return dash > 0 ? [{ name: tool.slice(0, dash), version: tool.slice(dash + 1) }] : [{ name: tool }]
}
