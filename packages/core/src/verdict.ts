/**
 * The outcome of judging an image. `pass` only comes from explicit evidence; `error` means that it could not be
 * judged, and never lets anything through.
 */
export type Verdict = 'pass' | 'fail' | 'error'
