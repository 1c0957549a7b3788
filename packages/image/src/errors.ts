import { SallyportError, type SallyportErrorOptions } from '@sallyport/core'

/** Codes of {@link ImageError}. */
export type ImageErrorCode =
  | 'TAR_INVALID'
  | 'TAR_UNSUPPORTED'
  | 'LAYER_UNSUPPORTED'
  | 'LAYER_CORRUPT'
  | 'DIFF_ID_MISMATCH'
  | 'DIGEST_MISMATCH'
  | 'BLOB_UNKNOWN'
  | 'CONFIG_INVALID'
  | 'PATH_INVALID'
  | 'LIMIT_EXCEEDED'
  | 'NOT_A_FILE'
  | 'EDIT_INVALID'
  | 'REWRITE_MISMATCH'

/** Fields of {@link ImageError} for machines. */
export interface ImageErrorOptions extends SallyportErrorOptions {
  /** Digest of the layer or config concerned. */
  readonly blob?: string | undefined
  /** Byte position in the uncompressed tar. */
  readonly offset?: number | undefined
  /** Path inside the image. */
  readonly path?: string | undefined
}

/** An image's config or layers could not be read or written. */
export class ImageError extends SallyportError<ImageErrorCode> {
  /** Blob that it is about, where it is about one. */
  readonly blob: string | undefined
  /** Byte of the blob where it was noticed, where that is known. */
  readonly offset: number | undefined
  /** Path that it is about, where it is about one. */
  readonly path: string | undefined

  constructor(code: ImageErrorCode, message: string, options: ImageErrorOptions = {}) {
    super(code, message, options)
    this.blob = options.blob
    this.offset = options.offset
    this.path = options.path
  }
}
