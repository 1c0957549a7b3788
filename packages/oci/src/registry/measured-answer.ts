import { OciError } from '../errors.ts'
import type { WireAnswer } from '../http/transport.ts'
import { printable } from '../internal/printable.ts'
import type { Capability } from './capabilities.schema.ts'
import { callAndRead, type RegistryCall, type RegistryContext } from './registry-context.ts'

/** An answer of which every status tells something. */
export interface MeasuredAnswer {
  readonly answer: WireAnswer
  readonly bytes: Uint8Array
  /** Status and, where there is one, content type. */
  readonly evidence: string
}

/** Statuses that tell of an ability; others (401, 403, 429, 5xx) tell of access or trouble. */
const telling = [200, 201, 202, 204, 400, 404, 405, 406, 409, 411, 412, 413, 415, 416, 422, 501]
const maxBytes = 8 * 1024 * 1024

/** Sends a call whose refusal is an answer, too. */
export async function ask(
  context: RegistryContext,
  each: Omit<RegistryCall, 'expect'>,
): Promise<MeasuredAnswer> {
  const { answer, bytes } = await callAndRead(context, { ...each, expect: telling }, maxBytes)
  const type = answer.header('content-type')
  const evidence = `${each.action}: status ${answer.status}${type === undefined ? '' : `, ${printable(type, 80)}`}`
  return { answer, bytes, evidence }
}

/** Measures one ability; what keeps it from being measured makes it `unknown`, except for an abort. */
export async function measure(
  signal: AbortSignal | undefined,
  find: () => Promise<Capability>,
): Promise<Capability> {
  try {
    return await find()
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof OciError) return unknown(printable(error.message, 300))
    throw error
  }
}

export const yes = (evidence: string): Capability => ({ answer: 'yes', evidence })
export const no = (evidence: string): Capability => ({ answer: 'no', evidence })
export const unknown = (evidence: string): Capability => ({ answer: 'unknown', evidence })
