import { matchGlob } from '@sallyport/policy'
import type { CompiledRule } from '../policy/compiled-rule.ts'
import type { ExemptionDocument, MatchDocument } from '../policy/policy-document.ts'

/** What conditions are held against. */
export interface MatchedImage {
  /** `registry/repository`; absent when the reference can't be read. */
  readonly place?: string | undefined
  readonly namespace?: string | undefined
  /** `undefined`: not known. */
  readonly namespaceLabels?: Readonly<Record<string, string>> | undefined
  readonly objectLabels: Readonly<Record<string, string>>
}

/** Whether a rule is about an image; `unknown` when that depends on labels that nobody knows. */
export function matchRule({ match, except }: CompiledRule, image: MatchedImage): boolean | 'unknown' {
  const isMeant = matches(match, image)
  if (isMeant === false || except === undefined) return isMeant
  const isExcepted = matches(except, image)
  if (isExcepted === true) return false
  return isExcepted === 'unknown' ? 'unknown' : isMeant
}

/** Whether a rule may be about an image, wherever it is to run. */
export function mayMatch({ match }: CompiledRule, place: string): boolean {
  return match.images === undefined || fits(match.images, place)
}

/** Whether any rule looks at labels of the namespace. */
export function usesNamespaceLabels(rules: readonly CompiledRule[]): boolean {
  return rules.some(
    ({ match, except }) => match.namespaceLabels !== undefined || except?.namespaceLabels !== undefined,
  )
}

/** The exemption that a namespace falls under, for an image or for all images there. */
export function findExemption(
  exemptions: readonly ExemptionDocument[],
  namespace: string | undefined,
  place: string | undefined,
): ExemptionDocument | undefined {
  if (namespace === undefined) return undefined
  return exemptions.find(
    ({ namespaces, images }) =>
      fits(namespaces, namespace) && (images === undefined || (place !== undefined && fits(images, place))),
  )
}

function matches(
  { namespaces, namespaceLabels, objectLabels, images }: MatchDocument,
  image: MatchedImage,
): boolean | 'unknown' {
  if (images && !(image.place !== undefined && fits(images, image.place))) return false
  if (namespaces && !(image.namespace !== undefined && fits(namespaces, image.namespace))) return false
  if (objectLabels && !hasLabels(image.objectLabels, objectLabels)) return false
  if (namespaceLabels === undefined) return true
  return image.namespaceLabels === undefined ? 'unknown' : hasLabels(image.namespaceLabels, namespaceLabels)
}

const fits = (patterns: readonly string[], text: string): boolean =>
  patterns.some((pattern) => matchGlob(pattern, text))

const hasLabels = (
  labels: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
): boolean =>
  Object.entries(wanted).every(([name, value]) => Object.hasOwn(labels, name) && labels[name] === value)

/** Whether a place is one of these registries, or below one of these paths. */
export function isTrustedPlace(registries: readonly string[], place: string): boolean {
  return registries.some((trusted) => place === trusted || place.startsWith(`${trusted}/`))
}
