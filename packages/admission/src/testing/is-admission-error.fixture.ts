import { isSallyportError } from '@sallyport/core'

/** Whether a review was refused as none. */
export const isAdmissionError = (error: unknown): boolean =>
  isSallyportError(error) && error.code === 'REVIEW_INVALID'
