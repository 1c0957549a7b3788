/** Decides about reviews; `createAdmission` of `@sallyport/admission` gives one. */
export interface ReviewJudge {
  /**
   * Answers an AdmissionReview with an AdmissionReview. A refusal and what could not be judged are answers too; it
   * rejects only for what is no review.
   */
  decideReview(
    review: unknown,
    options: { readonly signal: AbortSignal; readonly mutate: boolean },
  ): Promise<ReviewAnswer>
  /** Judges an image before anybody asks for it. */
  warm(reference: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<unknown>
}

/** The parts of an answer that the webhook looks at. */
export interface ReviewAnswer {
  readonly apiVersion: string
  readonly kind: string
  readonly response: {
    readonly uid: string
    readonly allowed: boolean
    readonly status?:
      | {
          readonly code?: number | undefined
          readonly message?: string | undefined
          readonly reason?: string | undefined
        }
      | undefined
    readonly auditAnnotations?: Readonly<Record<string, string>> | undefined
  }
}
