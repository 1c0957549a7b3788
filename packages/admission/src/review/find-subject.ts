import type { AdmissionDecision, AdmissionReason } from '../decision.ts'
import { reasonOf } from '../decide/reasons.ts'
import type { CompiledPolicy } from '../policy/compiled-rule.ts'
import { findExemption } from '../decide/match-rules.ts'
import { findImages, findNewImages, type NamedImage } from './find-images.ts'
import { findPod, type FoundPod, isFields } from './find-pod.ts'
import type { ReviewRequest } from './review-request.schema.ts'

/** What a request is about: images to judge, or why there is nothing to judge, or why it can't be told. */
export type ReviewSubject =
  | { readonly type: 'images'; readonly images: readonly NamedImage[]; readonly pod: FoundPod }
  | { readonly type: 'skipped'; readonly why: string }
  | { readonly type: 'refused'; readonly reason: AdmissionReason }
  /** It could not be told, and the namespace is exempt. */
  | { readonly type: 'exempt'; readonly exemption: string }

/** An image of a review, and what was decided about it. */
export interface DecidedImage {
  readonly image: NamedImage
  readonly decision: AdmissionDecision
}

/** Tells which images a request brings. */
export function findSubject(
  request: ReviewRequest,
  policy: CompiledPolicy,
  maxImages: number,
): ReviewSubject {
  const { operation, subResource, kind, object, oldObject, namespace } = request
  if (operation === 'DELETE') return skipped('nothing is admitted by a deletion')
  if (operation === 'CONNECT') return skipped('a connection brings no image')
  if (subResource === 'status') return skipped('a status brings no image')
  if (subResource === 'scale') return skipped('a scale brings no image; its Pods are judged')
  // Whoever creates an object can write into it that it is being deleted; only what is stored is believed.
  if (operation === 'UPDATE' && isBeingDeleted(oldObject)) return skipped('the object is being deleted')
  const refuse = (reason: AdmissionReason): ReviewSubject => {
    const exemption = findExemption(policy.exemptions, namespace, undefined)
    return exemption ? { type: 'exempt', exemption: exemption.name } : { type: 'refused', reason }
  }
  const pod = findPod(object, kind, policy.kinds)
  const name = `${kind.kind}${kind.group === '' ? '' : `.${kind.group}`}`
  if (pod === 'none') return skipped(`a ${name} brings no image`)
  if (pod === 'unknown') {
    return policy.unknownKinds === 'allow'
      ? skipped(`the policy lets kinds through in which no Pod is found: ${name}`)
      : refuse(reasonOf('kind-unknown', `where the Pod of a ${name} is, nobody says`))
  }
  if (pod === 'malformed')
    return refuse(reasonOf('object-invalid', `the object is no ${name}: no Pod is in it`))
  try {
    const images = findImages(pod)
    const fresh = operation === 'UPDATE' ? findNewImages(images, imagesBefore(request, policy)) : images
    const distinct = new Set(fresh.map(({ reference }) => reference)).size
    if (distinct > maxImages)
      return refuse(reasonOf('too-many-images', `${distinct} different images, more than ${maxImages}`))
    if (fresh.length > 0) return { type: 'images', images: fresh, pod }
    return skipped(images.length === 0 ? 'it names no image' : 'no image is new')
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    return refuse(reasonOf('object-invalid', `the object is no ${name}: ${error.message}`))
  }
}

/** Images that were there before; what can't be read had none, so that all are new. */
function imagesBefore({ oldObject, kind }: ReviewRequest, policy: CompiledPolicy): readonly NamedImage[] {
  const pod = findPod(oldObject, kind, policy.kinds)
  if (typeof pod === 'string') return []
  try {
    return findImages(pod)
  } catch {
    return []
  }
}

function isBeingDeleted(object: unknown): boolean {
  const metadata = isFields(object) ? object['metadata'] : undefined
  return isFields(metadata) && typeof metadata['deletionTimestamp'] === 'string'
}

const skipped = (why: string): ReviewSubject => ({ type: 'skipped', why })
