/** How a registry's blobs and their uploads differ. */
export interface BlobQuirks {
  /** Accept a whole blob in one POST. `false`: answer 202 with an upload session. Default `true`. */
  readonly singlePostUpload: boolean
  /** Accept more than one PATCH for a blob. `false`: 400 to the second. Default `true`. */
  readonly chunkedUpload: boolean
  /** Mount blobs from other repositories. `false`: answer 202. Default `true`. */
  readonly mount: boolean
  /** Mount a blob without `from`. Default `false`: answer 202. */
  readonly anonymousMount: boolean
  /** Answer 400 to a mount without `from`. Default `false`. */
  readonly refusesAnonymousMount: boolean
  /** What a mount from a repository that is not there gets: 202 and a session, or a refusal. Default 202. */
  readonly mountFromUnknown: 202 | 400 | 401
  /** Send upload locations and page links with scheme and host. Default `false`: paths. */
  readonly absoluteLocations: boolean
  /** Require the newest location of an upload. Default `true`. */
  readonly checksUploadState: boolean
  /** Tell how far an upload is. `false`: 404. Default `true`. */
  readonly uploadStatus: boolean
  /** Cancel uploads. `false`: 405. Default `true`. */
  readonly uploadCancel: boolean
  /** Status of an accepted PATCH. Default 202. */
  readonly patchStatus: 201 | 202
  /** Keep telling the end of the first part as `Range`, though what follows is stored. Default `false`. */
  readonly stickyUploadRange: boolean
  /** Append parts whatever their `Content-Range` says. Default `false`. */
  readonly ignoresContentRange: boolean
  /** Refuse any `Content-Range` but `start-end`, and one without `Content-Length`. Default `false`. */
  readonly strictContentRange: boolean
  /** Largest PATCH body; a larger one gives 416. Default unlimited. */
  readonly maxPatchBytes: number
  /** Smallest PATCH body but the last. Default 0. */
  readonly minPatchBytes: number
  /** Announce that as `OCI-Chunk-Min-Length`. Default `true`. */
  readonly announcesMinPatchBytes: boolean
  /** Largest blob in one PUT or POST; a larger one gives 413. Default unlimited. */
  readonly maxPutBytes: number
  /** Answer a sha512 upload with the blob's sha256 digest and location. Default `false`. */
  readonly canonicalDigests: boolean
  /** Serve blobs by a redirect to another host name of the machine. Default `false`. */
  readonly redirectsBlobs: boolean
}

/** As the specification has it. */
export const faithfulBlobs: BlobQuirks = {
  singlePostUpload: true,
  chunkedUpload: true,
  mount: true,
  anonymousMount: false,
  refusesAnonymousMount: false,
  mountFromUnknown: 202,
  absoluteLocations: false,
  checksUploadState: true,
  uploadStatus: true,
  uploadCancel: true,
  patchStatus: 202,
  stickyUploadRange: false,
  ignoresContentRange: false,
  strictContentRange: false,
  maxPatchBytes: Number.POSITIVE_INFINITY,
  minPatchBytes: 0,
  announcesMinPatchBytes: true,
  maxPutBytes: Number.POSITIVE_INFINITY,
  canonicalDigests: false,
  redirectsBlobs: false,
}
