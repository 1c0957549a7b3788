const marker = Symbol.for('sallyport.error')

/** What every Sallyport error carries besides its message. */
export interface SallyportErrorOptions {
  /** The error that led to this one. */
  readonly cause?: unknown
  /** Whether the same call may succeed later without any change. Default `false`. */
  readonly retryable?: boolean | undefined
}

/**
 * The base of each package's error class. `code` is stable and meant for machines; `message` says what was
 * expected, what came and what to do, and never contains a secret.
 */
export class SallyportError<Code extends string = string> extends Error {
  /** What happened, for machines; stable. */
  readonly code: Code
  /** Whether the same call may succeed later without any change. */
  readonly retryable: boolean

  constructor(code: Code, message: string, { cause, retryable = false }: SallyportErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.code = code
    this.retryable = retryable
    Object.defineProperty(this, marker, { value: true })
  }
}

/**
 * Recognises an error of any Sallyport package, also when two copies of `@sallyport/core` are installed.
 * Compare `code` afterwards; class identity is not reliable across copies.
 */
export function isSallyportError(value: unknown): value is SallyportError {
  return value instanceof Error && (value as { [marker]?: unknown })[marker] === true
}
