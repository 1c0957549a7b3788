/** A line of `doctor`. */
export interface Check {
  readonly what: string
  /** `warn`: some commands will not work, or not well. */
  readonly state: 'ok' | 'warn' | 'fail'
  readonly message: string
  /** What to do; where it is not `ok`. */
  readonly advice?: string | undefined
}
