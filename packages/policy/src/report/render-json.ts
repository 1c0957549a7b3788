import { canonicalJson, isJsonDeeperThan } from '@sallyport/core'
import * as z from 'zod'
import type { Decision } from '../decision.ts'
import { PolicyError } from '../errors.ts'
import { decisionSchema } from './decision.schema.ts'

const maxBytes = 64 * 1024 * 1024
const maxDepth = 32

/** A decision as canonical JSON (RFC 8785), without a line end; `decisionJsonSchema` describes it. */
export function renderJson(decision: Decision): string {
  return canonicalJson(decision)
}

/** JSON Schema (2020-12) of what {@link renderJson} writes. Fields may be added to it; none is renamed or removed. */
export function decisionJsonSchema(): Record<string, unknown> {
  return {
    $id: 'https://sallyport.dev/schemas/decision/v1',
    ...z.toJSONSchema(decisionSchema, { io: 'input', unrepresentable: 'any' }),
  }
}

/**
 * Reads what {@link renderJson} wrote. Fields that this version does not know are left out.
 *
 * @throws {PolicyError} `DECISION_INVALID` when it is not a decision; the message names the first fault.
 * @throws {PolicyError} `LIMIT_EXCEEDED` above 64 MiB.
 */
export function parseDecision(text: string, { source }: { readonly source: string }): Decision {
  if (Buffer.byteLength(text) > maxBytes) {
    throw new PolicyError('LIMIT_EXCEEDED', `${source}: more than ${maxBytes} bytes`)
  }
  if (isJsonDeeperThan(text, maxDepth)) {
    throw new PolicyError('DECISION_INVALID', `${source}: nested deeper than ${maxDepth}`)
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw new PolicyError('DECISION_INVALID', `${source}: not JSON`)
  }
  const parsed = decisionSchema.safeParse(value)
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]!
  throw new PolicyError('DECISION_INVALID', `${source}: ${path.join('.') || 'the document'}: ${message}`)
}
