import type { Verdict } from '@sallyport/core'
import type { z } from 'zod'
import type { Progress } from './output/progress.ts'
import type { Program } from './program/program.ts'
import type { OptionName } from './settings/option-table.ts'
import type { Settings } from './settings/settings.ts'

/** An argument of a command. */
export interface ArgumentSpec {
  readonly name: string
  readonly about: string
  readonly isOptional?: true
  /** What a shell completes it with. Default: nothing. */
  readonly completes?: 'file' | 'folder' | readonly string[]
}

/** A row of the table of commands: help, completion, documentation and tests follow from it. */
export interface CommandSpec {
  /** One or two words. */
  readonly name: string
  readonly summary: string
  /** What it does, for its help, besides the summary. */
  readonly about?: string
  readonly arguments: readonly ArgumentSpec[]
  /** Its own options; those of every command come besides. */
  readonly options: readonly OptionName[]
  readonly examples: readonly { readonly about: string; readonly line: string }[]
  /** What exit code 1 means. Absent: it never judges, so that it ends with 0 or 2. */
  readonly fails?: string
  /** Kinds of `--report`, by the end of the name. */
  readonly reports?: readonly string[]
  /** Whether `--print-code` is there. Default `true`. */
  readonly hasCode?: false
  /** Loads what it does: nothing of the SDK is loaded for help. */
  readonly load: () => Promise<CommandModule>
}

/** What a command does. */
export interface CommandModule {
  run(context: RunContext): Promise<CommandResult>
  /** The program that does the same. */
  code?(context: Pick<RunContext, 'arguments' | 'settings'>): Program | Promise<Program>
  /** Of `result` of the JSON document. */
  readonly schema: z.ZodType
}

/** What a command works with. */
export interface RunContext {
  readonly arguments: readonly string[]
  readonly settings: Settings
  /** All there are, for what is about them. */
  readonly commands: readonly CommandSpec[]
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Ends the command. */
  readonly signal: AbortSignal
  readonly progress: Progress
  /** Is disposed of at the end, however it ends. */
  readonly resources: AsyncDisposableStack
  /** Colours and widths of standard output. */
  readonly screen: { readonly isColored: boolean; readonly columns: number }
  /** Reads standard input to its end, once. */
  readonly readInput: () => Promise<string>
  /** Says what is left behind should it be interrupted from here on. */
  readonly leaves: (text: string) => void
  /** Writes to standard output while it goes on: the text for people, or with `--json` the result as one line. */
  readonly announce: (text: string, result: unknown) => void
  /** Writes a line for people to standard error, progress or not. */
  readonly note: (text: string) => void
  /** How the settings came about, for `doctor`. */
  readonly file?: { readonly path: string; readonly values: Readonly<Record<string, unknown>> } | undefined
}

/** How a command ended. */
export interface CommandResult {
  /** `pass` ends with 0, `fail` with 1, `error` with 2. */
  readonly verdict: Verdict
  /** For programs; fits the command's schema. */
  readonly result: unknown
  /** For people, on standard output. */
  readonly text: string
  /** The text is a document or a script, to be kept byte by byte. */
  readonly isVerbatim?: true
  /** Why it is `error`. */
  readonly error?: unknown
}
