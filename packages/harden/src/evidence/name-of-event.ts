import type { RecordCollector } from './record-collector.ts'
import type { EvidenceOperation } from './usage-evidence.ts'

/** A name as an event has it. */
export interface EventName {
  readonly name: string
  readonly operation: EvidenceOperation
  readonly process?: string | undefined
  /** What it is relative to, where the event tells. */
  readonly folder?: string | undefined
  /** Number of characters from which on the tool may have cut the name. */
  readonly cutAt?: number | undefined
}

/** Adds a name: as it is, or as a pattern where it is relative to an unknown folder or may be cut. */
export function addEventName(
  collector: RecordCollector,
  { name, operation, process, folder, cutAt = Number.POSITIVE_INFINITY }: EventName,
): void {
  const isCut = name.length >= cutAt
  const isAbsolute = name.startsWith('/') || folder?.startsWith('/') === true
  const path = name.startsWith('/')
    ? name
    : isAbsolute
      ? `${folder}/${name}`
      : `/*/${name.replace(/^(?:\.{1,2}\/)+/, '')}`
  collector.add({
    path: isCut ? `${path}*` : path,
    operation,
    process,
    exact: isAbsolute && !isCut,
  })
}
