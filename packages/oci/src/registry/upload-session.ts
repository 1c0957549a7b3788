import { OciError } from '../errors.ts'
import { mayLead } from '../http/address-scope.ts'
import type { WireAnswer } from '../http/transport.ts'
import { printable } from '../internal/printable.ts'
import type { RegistryContext } from './registry-context.ts'

/** A running upload; the registry names a new location in each answer. */
export interface UploadSession {
  location: URL
  /** Shortest chunk that the registry takes, except for the last. */
  readonly minChunkBytes: number
}

/** The next place of an upload: kept as given, since its query often carries the registry's own state. */
export function uploadLocation({ name, origin }: RegistryContext, answer: WireAnswer): URL {
  const text = answer.header('location')
  const location =
    text !== undefined && URL.canParse(text, answer.url.href) ? new URL(text, answer.url) : undefined
  if (location === undefined || !mayLead(answer.url, location) || !mayLead(origin, location)) {
    throw new OciError(
      'REGISTRY_ERROR',
      `${name}: the registry names no usable place for an upload: ${printable(location?.origin ?? String(text), 120)}`,
      { status: answer.status, reference: name },
    )
  }
  return location
}
