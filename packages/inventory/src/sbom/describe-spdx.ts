import { digestOf } from '@sallyport/core'
import { isJudgedByOwner } from '../is-judged-by-owner.ts'
import type { Package } from '../inventory.ts'
import { spdxOrUnknown } from '../spdx-expression.ts'
import { deriveUuid } from './derive-uuid.ts'
import { trivyProperties } from './scanner-names.ts'
import { stringify } from './stringify.ts'
import type { ReferredPackage } from './arrange-inventory.ts'

/** The part of an identifier that tells one package of a document from the others (`idstring` of SPDX). */
export function spdxIdOf({ found, ref }: ReferredPackage): string {
  const name = found.name.replaceAll(/[^A-Za-z0-9.-]+/g, '-').slice(0, 80)
  return `Package-${found.type}-${name}-${digestOf(ref).slice('sha256:'.length, 'sha256:'.length + 16)}`
}

/** Time as SPDX writes it, without fractions of seconds. */
export function spdxTime(timestamp: Date): string {
  return `${timestamp.toISOString().slice(0, 'YYYY-MM-DDThh:mm:ss'.length)}Z`
}

/** The URI of a document, made of all that it says. */
export function spdxNamespace(document: unknown): string {
  return `https://sallyport.dev/spdx/${deriveUuid(stringify(document))}`
}

/** The licence that the package's own record declares, or `NOASSERTION`. */
export function declaredLicense({ license }: Package): string {
  const expression = spdxOrUnknown(license)
  // What another document calls so is nothing that this one could tell.
  return expression.includes('DocumentRef-') ? 'NOASSERTION' : expression
}

/** Licences of one's own that an expression names. */
export function licenseRefsIn(expression: string): readonly string[] {
  return expression.split(/[\s()]+/).filter((word) => word.startsWith('LicenseRef-'))
}

/** How a package came to be, in the words that Trivy reads the source package from. */
export function sourceInfoOf({ source, evidence }: Package): string {
  return source
    ? `built package from: ${source.name} ${source.version}`
    : `package found in: ${evidence.path}`
}

/** What SPDX has no field for, as `name: value`, each an annotation. */
export function remarksOf(found: Package): readonly string[] {
  const { type, evidence, builtUsing = [] } = found
  const { path, method, layer, diffId } = evidence
  return [
    `sallyport:evidence: ${stringify({ type, path, method, layer, diffId })}`,
    ...(isJudgedByOwner(found) ? [`sallyport:owned-by: ${found.ownedBy}`] : []),
    ...builtUsing.map(({ name, version }) => `sallyport:built-using: ${name}@${version}`),
  ]
}

/** What Trivy reads from annotations of SPDX 2; the source package it reads from `sourceInfo`. */
export function trivyRemarksOf(found: Package): readonly string[] {
  return trivyProperties(found)
    .filter(([key]) => key !== 'SrcName' && key !== 'SrcVersion')
    .map(([key, value]) => `${key}: ${value}`)
}
