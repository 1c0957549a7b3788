/** Answer to an AdmissionReview (`admission.k8s.io/v1`). */
export interface AdmissionReviewResponse {
  /** Version of the API. */
  readonly apiVersion: 'admission.k8s.io/v1'
  /** Kind of the document. */
  readonly kind: 'AdmissionReview'
  /** The answer itself. */
  readonly response: {
    /** That of the request. */
    readonly uid: string
    readonly allowed: boolean
    /** When it is not allowed. */
    readonly status?:
      | {
          readonly code: number
          readonly reason: string
          readonly message: string
        }
      | undefined
    readonly patchType?: 'JSONPatch' | undefined
    /** JSON Patch (RFC 6902) in base64. */
    readonly patch?: string | undefined
    /** At most 16, of at most 256 characters each. */
    readonly warnings?: readonly string[] | undefined
    readonly auditAnnotations?: Readonly<Record<string, string>> | undefined
  }
}
