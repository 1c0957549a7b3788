const codes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const

/** A signal that ends a command in order: Ctrl-C, `kill`, or a terminal that was closed. */
type EndingSignal = keyof typeof codes

/** All of them. */
export const endingSignals = Object.keys(codes) as readonly EndingSignal[]

/** Exit code after a signal: `128 + n` for signal n, as shells have it. */
export const codeOfSignal = (signal: EndingSignal): number => codes[signal]

/** Exit code of a command that was aborted for this reason. */
export function codeOfReason(reason: unknown): number {
  if (reason instanceof Crash) return 2
  const { signal } = Object(reason) as { readonly signal?: unknown }
  return codes[endingSignals.find((each) => each === signal) ?? 'SIGINT']
}

/** Why a command is aborted when the program itself failed outside of it; `cause` is what was thrown. */
export class Crash extends Error {
  constructor(cause: unknown) {
    super('the program failed', { cause })
  }
}
