/** How a registry refuses to move an immutable tag: status and error code. */
export type ImmutableTagRefusal = 'conflict' | 'tag-invalid' | 'precondition'

/** How a registry's manifests and tags differ. */
export interface ManifestQuirks {
  /** Honour `If-Match` and `If-None-Match` on manifests. Default `true`. */
  readonly conditionalRequests: boolean
  /** Delete tags. Default `true`. */
  readonly tagDelete: boolean
  /** How the deletion of a tag is refused: 405 `UNSUPPORTED`, or 400 `DIGEST_INVALID`. Default 405. */
  readonly tagDeleteStatus: 400 | 405
  /** Refuse to move a tag that exists. Default `false`. */
  readonly immutableTags: boolean
  /** Tags that may be moved all the same; `*` stands for any text. Default none. */
  readonly immutableTagsExcept: readonly string[]
  /** 409 `DENIED`, 400 `TAG_INVALID` or 412 `PRECONDITION`. Default `conflict`. */
  readonly immutableTagRefusal: ImmutableTagRefusal
  /** Refuse manifests whose children or blobs are missing. Default `true`. */
  readonly checksChildren: boolean
  /** Status of that refusal. Default 404. */
  readonly missingChildStatus: 400 | 404
  /** Take several `tag` parameters when a manifest is pushed by digest (version 1.1+dev). Default `true`. */
  readonly tagParameters: boolean
  /** Send `Docker-Content-Digest`. Default `true`. */
  readonly digestHeader: boolean
  /** Answer 404 to HEAD of manifests. Default `false`. */
  readonly manifestHeadMissing: boolean
  /** Status of a tag that is not there. Default 404. */
  readonly missingTagStatus: 403 | 404
  /** Show an OCI manifest only to requests whose `Accept` names its media type. Default `false`. */
  readonly negotiatesManifests: boolean
  /** How many times each reference's PUT is first answered with 429. Default 0. */
  readonly throttledManifestPuts: number
}

/** As the specification has it. */
export const faithfulManifests: ManifestQuirks = {
  conditionalRequests: true,
  tagDelete: true,
  tagDeleteStatus: 405,
  immutableTags: false,
  immutableTagsExcept: [],
  immutableTagRefusal: 'conflict',
  checksChildren: true,
  missingChildStatus: 404,
  tagParameters: true,
  digestHeader: true,
  manifestHeadMissing: false,
  missingTagStatus: 404,
  negotiatesManifests: false,
  throttledManifestPuts: 0,
}
