/** Why an image could not be judged; becomes `error` of the verdict. */
export class VerdictError extends Error {
  readonly code: 'index-nested' | 'limit-exceeded' | 'no-platforms' | 'parent-mismatch'

  constructor(code: VerdictError['code'], message: string) {
    super(message)
    this.code = code
  }
}
