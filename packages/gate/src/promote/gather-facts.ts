import type { Platform, RawManifest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import type { PolicyFacts } from '@sallyport/policy'
import type { ExaminedImage } from '../steps/examined-image.ts'
import type { PromotionRequest } from './request.ts'

/** An image about which facts are gathered, examined and hardened but not judged yet. */
export interface FactsContext {
  /** The promotion that asked. */
  readonly request: PromotionRequest
  /** Where it would go, in its canonical form. */
  readonly destination: string
  /** Where it comes from. */
  readonly source: Repository
  /** What the source reference names: the image itself, or the index that names it. */
  readonly root: RawManifest
  /** The image of this platform at the source. */
  readonly image: RawManifest
  /** Platform of the image. */
  readonly platform: Platform
  /** As it was at the source. */
  readonly before: ExaminedImage
  /** As it would be promoted; the same as `before` when nothing was changed. */
  readonly after: ExaminedImage
  /** What the gate itself knows already. */
  readonly known: PolicyFacts
  /** Time of the judgement. */
  readonly now: Date
  /** Ends the gathering; what is asked meanwhile should end with it. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Finds out what else the policy may ask about an image, such as the evidence of its source. What it returns is added to
 * the facts; rejecting ends the promotion with an error.
 */
export type GatherFacts = (context: FactsContext) => Promise<Partial<PolicyFacts>>
