import { SallyportError, type SallyportErrorOptions } from '@sallyport/core'

/** Codes of {@link CliError}. */
export type CliErrorCode =
  /** The command line is none: an unknown command or option, a missing argument. */
  | 'USAGE_INVALID'
  /** The configuration file is none. */
  | 'CONFIG_INVALID'
  /** The value of an option is none, wherever it comes from. */
  | 'OPTION_INVALID'
  /** An option that this command needs has no value. */
  | 'OPTION_MISSING'
  /** A file that was named can't be read. */
  | 'FILE_UNREADABLE'
  /** A file can't be written; what was there before is still there. */
  | 'FILE_UNWRITABLE'
  /** What a file holds is not what it should be. */
  | 'FILE_INVALID'
  /** A secret is not where it should be. */
  | 'SECRET_MISSING'
  /** Something gave no answer, so that nobody may say it is good. */
  | 'UNJUDGED'
  /** Ctrl-C, or a signal that asks to end. */
  | 'INTERRUPTED'

/** Fields of {@link CliError}. */
export interface CliErrorOptions extends SallyportErrorOptions {
  /** What to do about it, in one sentence. */
  readonly advice?: string | undefined
}

/** Something that a person typed, or a file of theirs, is not right. */
export class CliError extends SallyportError<CliErrorCode> {
  readonly advice: string | undefined

  constructor(code: CliErrorCode, message: string, { advice, ...options }: CliErrorOptions = {}) {
    super(code, message, options)
    this.advice = advice
  }
}
