import type { QuarantineEvent, QuarantineOptions } from '../ports/quarantine-store.ts'

/** Tells the listener of what is stored already: whatever it does with it, the change stands. */
export async function notify(
  events: readonly QuarantineEvent[],
  { onEvent, onListenerError = warn }: QuarantineOptions,
): Promise<void> {
  for (const event of events) {
    try {
      await onEvent?.(event)
    } catch (error) {
      onListenerError(error, event)
    }
  }
}

function warn(error: unknown, { type, record }: QuarantineEvent): void {
  const message = error instanceof Error ? error.message : String(error)
  process.emitWarning(`a listener failed at "${type}" of quarantine record ${record.id}: ${message}`, {
    code: 'SALLYPORT_LISTENER_FAILED',
  })
}
