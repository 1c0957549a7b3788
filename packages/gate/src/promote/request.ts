import type { BreakGlass } from '@sallyport/policy'

/** What to promote and where to. Serialisable: it may wait in a queue, and run on another machine. */
export interface PromotionRequest {
  /**
   * What to promote: `registry/repository[:tag][@digest]`, a layout folder `oci:folder[:tag][@digest]`, or an archive
   * `oci-archive:file[:tag][@digest]`, `docker-archive:file[:name]`. A layout without tag means `latest`, an archive
   * without one its only image.
   */
  readonly from: string
  /** Where it goes: `registry/repository:tag`, or a layout folder `oci:folder:tag`. */
  readonly to: string
  /** Tier of the policy that the destination belongs to. */
  readonly tier: string
  /** Platforms to promote, e.g. `linux/amd64`. Default: every one of the source. */
  readonly platforms?: readonly string[] | undefined
  /** Names the release that it is part of. */
  readonly release?: string | undefined
  /** Lets it through although it fails, where the tier allows that; what could not be judged stays out. */
  readonly breakGlass?: BreakGlass | undefined
  /** It takes an earlier digest back into use; recorded, and judged like any other. */
  readonly rollback?: { readonly reason: string } | undefined
}
