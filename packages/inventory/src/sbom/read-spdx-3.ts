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
import { type spdx3ElementSchema, spdx3Schema } from './spdx-3.schema.ts'

type Spdx3Element = z.infer<typeof spdx3ElementSchema>

/**
 * Reads SPDX 3.0 JSON-LD as it is usually written: one graph of named elements under the context of spdx.org.
 *
 * @throws {InventoryError} `SBOM_INVALID`, `SBOM_UNSUPPORTED` or `LIMIT_EXCEEDED`.
 */
export function readSpdx3(document: object, maxPackages: number): Sbom {
  const context = '@context' in document ? document['@context'] : undefined
  const contexts: readonly unknown[] = Array.isArray(context) ? context : [context]
  if (
    !contexts.some(
      (one) => typeof one === 'string' && /^https:\/\/spdx\.org\/rdf\/3\.0(?:\.\d+)?\//.test(one),
    )
  ) {
    throw new InventoryError(
      'SBOM_UNSUPPORTED',
      `JSON-LD in another context than SPDX 3.0: ${quote(String(contexts[0]))}`,
    )
  }
  const graph = parseDocument(spdx3Schema, document, 'SPDX 3')['@graph']
  const elements = new Map(graph.map((one) => [idOf(one), one]))
  const documents = graph.filter(({ type }) => type === 'SpdxDocument')
  if (documents.length !== 1) {
    throw new InventoryError(
      'SBOM_INVALID',
      `SPDX 3: ${documents.length} elements of the type SpdxDocument, expected one`,
    )
  }
  const creation = graph.find(({ type }) => type === 'CreationInfo')
  if (!creation?.specVersion)
    throw new InventoryError('SBOM_INVALID', 'SPDX 3: no CreationInfo with a specVersion')
  const all = graph.filter(({ type }) => type === 'software_Package')
  const roots = findRoots(documents[0]!, elements)
  const about = gatherStatements(graph, elements)
  const collector = collectPackages(maxPackages)
  const others = new Set<string>()
  let distro: Sbom['distro']
  for (const one of all) {
    if (one.name === undefined) throw new InventoryError('SBOM_INVALID', 'SPDX 3: a package without a name')
    const isSystem = one.software_primaryPurpose === 'operatingSystem'
    if (isSystem) distro ??= { id: distroIdOf(one.name), versionId: one.software_packageVersion }
    if (!isSystem && !isContainer(one, roots)) collector.add(toPackage(one, about))
  }
  for (const one of graph) {
    if (one.type !== 'software_Package' || isContainer(one, roots)) others.add(idOf(one) ?? '')
    if (one.relationshipType === 'dependsOn' && one.from !== undefined) {
      for (const on of one.to ?? []) collector.depend(one.from, on)
    }
  }
  const { packages, warnings } = collector.finish(others)
  return {
    format: 'spdx',
    version: creation.specVersion,
    subject: roots.length === 1 ? toSubject(roots[0]!) : undefined,
    tools: (creation.createdUsing ?? []).flatMap((id) => {
      const name = elements.get(id)?.name
      return name === undefined ? [] : { name }
    }),
    createdAt: creation.created,
    distro: distro ?? distroOfPurls(packages),
    gaps: gapsOfRemarks(
      graph.flatMap(({ statement }) => /^sallyport:gap: (.*)$/s.exec(statement ?? '')?.[1] ?? []),
    ),
    packages,
    warnings,
  }
}

const idOf = (one: Spdx3Element) => one.spdxId ?? one['@id']

/** The packages that the document, or the SBOM in it, is about. */
function findRoots(
  document: Spdx3Element,
  elements: ReadonlyMap<string | undefined, Spdx3Element>,
): readonly Spdx3Element[] {
  return (document.rootElement ?? []).flatMap((id) => {
    const root = elements.get(id)
    if (root?.type !== 'software_Sbom') return root?.type === 'software_Package' ? root : []
    return (root.rootElement ?? []).flatMap((inner) => {
      const one = elements.get(inner)
      return one?.type === 'software_Package' ? one : []
    })
  })
}

function isContainer(one: Spdx3Element, roots: readonly Spdx3Element[]): boolean {
  const purl = purlOf(one)
  if (one.software_primaryPurpose === 'container' || isImagePurl(purl)) return true
  return roots.length === 1 && roots[0] === one && purl === undefined
}

const purlOf = ({ software_packageUrl, externalIdentifier = [] }: Spdx3Element) =>
  software_packageUrl ??
  externalIdentifier.find(({ externalIdentifierType }) => externalIdentifierType === 'packageUrl')?.identifier

interface Statements {
  readonly licenses: ReadonlyMap<string, readonly string[]>
  readonly remarks: ReadonlyMap<string, readonly string[]>
}

/** Licences and annotations by the package they are about. */
function gatherStatements(
  graph: readonly Spdx3Element[],
  elements: ReadonlyMap<string | undefined, Spdx3Element>,
): Statements {
  const licenses = new Map<string, string[]>()
  const remarks = new Map<string, string[]>()
  const add = (map: Map<string, string[]>, key: string, value: string) => {
    const known = map.get(key)
    if (!known) map.set(key, [value])
    else if (!known.includes(value)) known.push(value)
  }
  for (const { type, from, to = [], relationshipType, subject, statement } of graph) {
    if (type === 'Annotation' && subject !== undefined && statement !== undefined)
      add(remarks, subject, statement)
    if (
      from !== undefined &&
      (relationshipType === 'hasDeclaredLicense' || relationshipType === 'hasConcludedLicense')
    ) {
      for (const id of to) {
        const expression = elements.get(id)?.simplelicensing_licenseExpression
        if (expression !== undefined && expression !== 'NOASSERTION') add(licenses, from, expression)
      }
    }
  }
  return { licenses, remarks }
}

function toPackage(
  one: Spdx3Element,
  { licenses, remarks }: Statements,
): Parameters<ReturnType<typeof collectPackages>['add']>[0] {
  const ref = idOf(one)
  const told = remarks.get(ref ?? '') ?? []
  const { path, diffId } = parseSpdxRemarks(told)
  return {
    ...describedByRemarks(told, one.software_sourceInfo),
    ref,
    name: one.name ?? '',
    version: one.software_packageVersion,
    purl: purlOf(one),
    licenses: licenses.get(ref ?? '') ?? [],
    cpes: (one.externalIdentifier ?? []).flatMap(({ externalIdentifierType, identifier }) =>
      externalIdentifierType === 'cpe23' ? identifier : [],
    ),
    checksums: (one.verifiedUsing ?? []).flatMap(({ algorithm, hashValue }) =>
      algorithm === undefined || hashValue === undefined ? [] : (toChecksum(algorithm, hashValue) ?? []),
    ),
    path: path ?? pathInSourceInfo(one.software_sourceInfo),
    diffId,
  }
}

function toSubject(one: Spdx3Element): SbomSubject {
  const { name = '', software_packageVersion: version, verifiedUsing = [] } = one
  const hash = verifiedUsing.find(({ algorithm }) => algorithm === 'sha256')?.hashValue?.toLowerCase()
  const container = one.software_primaryPurpose === 'container' || isImagePurl(purlOf(one))
  const digest = [version, container && hash ? `sha256:${hash}` : undefined].find(
    (text) => text !== undefined && /^sha256:[0-9a-f]{64}$/.test(text),
  )
  return { name, version, digest, purl: purlOf(one) }
}
