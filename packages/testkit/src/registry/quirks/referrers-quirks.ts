/** How a registry's referrers differ. */
export interface ReferrersQuirks {
  /** The referrers API. `false`: clients must use the fallback tag. Default `true`. */
  readonly referrersApi: boolean
  /** Status of the API's path where there is no API. `html-login`: a redirect to a page with 200. Default 404. */
  readonly referrersAbsence: 401 | 403 | 404 | 406 | 'html-login'
  /** Answer `OCI-Subject` to a manifest with a subject. Default: as `referrersApi`; `true` without the API is a lie. */
  readonly ociSubjectHeader: boolean | undefined
  /** Largest page of the referrers API; further pages by `Link`. Default 1000. */
  readonly referrersPageSize: number
  /** Apply `artifactType` filters and say so. Default `true`. */
  readonly referrersFilter: boolean
  /** List artifact types and annotations. Default `true`. */
  readonly referrersDetails: boolean
  /** Treat the tag `sha256-<hex>` as the digest itself, until something is pushed under it. Default `false`. */
  readonly resolvesDigestTags: boolean
}

/** As the specification has it. */
export const faithfulReferrers: ReferrersQuirks = {
  referrersApi: true,
  referrersAbsence: 404,
  ociSubjectHeader: undefined,
  referrersPageSize: 1000,
  referrersFilter: true,
  referrersDetails: true,
  resolvesDigestTags: false,
}
