import { isRetriedStatus, parseRetryAfter } from '@sallyport/oci/cloud'
import * as z from 'zod'
import { readJson } from './read-json.ts'

/** What a service refuses with. */
export interface RefusedAnswer {
  readonly status: number
  header(name: string): string | undefined
  readonly bytes: Uint8Array
}

/** What follows from a refusal. */
export interface ListingRefusal {
  /** What the service did, the rest of a sentence that begins with its name. */
  readonly why: string
  readonly retryable: boolean
  /** When the service wants to be asked again, in milliseconds from now. */
  readonly retryAfterMs: number | undefined
}

const text = z.string().optional().catch(undefined)
/** The forms of AWS (`__type`), Google (`error.status`), registries and Harbor (`errors[].code`), Quay (`error_type`). */
const schema = z.object({
  __type: text,
  error: z.object({ status: text }).optional().catch(undefined),
  errors: z
    .array(z.object({ code: text }))
    .optional()
    .catch(undefined),
  error_type: text,
})
/** Names of errors that pass by themselves, although their status does not say so. */
const throttlingCodes: ReadonlySet<string> = new Set([
  'ThrottlingException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'LimitExceededException',
  'RESOURCE_EXHAUSTED',
])

/** Reads a refusal. Of what the service says only a name of its error is kept: the rest may repeat what was sent. */
export function readRefusal(
  { status, header, bytes }: RefusedAnswer,
  context: {
    readonly permission: string | undefined
    readonly secrets: readonly string[]
    readonly now: Date
  },
): ListingRefusal {
  const code = codeOf(bytes, context.secrets)
  const limited = isRateLimited(status, header)
  const retryAfterMs = retryAfter(header, limited, context.now)
  const retryable = isRetriedStatus(status) || limited || throttlingCodes.has(code ?? '')
  const hint = hintFor(status, retryable, context.permission)
  return {
    why: `answered with status ${status}${code === undefined ? '' : ` (${code})`}${hint}`,
    retryable,
    retryAfterMs: retryable ? retryAfterMs : undefined,
  }
}

function hintFor(status: number, retryable: boolean, permission: string | undefined): string {
  const needs = permission === undefined ? '' : `; it takes ${permission}`
  if (retryable) return ''
  if (status >= 300 && status < 400) return '; redirects are not followed'
  if (status === 401) return `; the credentials are missing, wrong or over${needs}`
  if (status === 403) return `; the credentials are not enough${needs}`
  if (status === 404) return `; it is not there, or the credentials may not see it${needs}`
  return ''
}

/** GitHub says with a 403, or with a 429 and a time but no wait, that it was asked too often. */
function isRateLimited(status: number, header: RefusedAnswer['header']): boolean {
  return (
    status === 429 ||
    (status === 403 && (header('x-ratelimit-remaining') === '0' || header('retry-after') !== undefined))
  )
}

function retryAfter(header: RefusedAnswer['header'], limited: boolean, now: Date): number | undefined {
  const asked = parseRetryAfter(header('retry-after'), now)
  if (asked !== undefined || !limited) return asked
  const reset = header('x-ratelimit-reset')
  if (reset === undefined || !/^\d{9,11}$/.test(reset)) return undefined
  return Math.max(0, Number(reset) * 1000 - now.getTime())
}

function codeOf(bytes: Uint8Array, secrets: readonly string[]): string | undefined {
  const parsed = schema.safeParse(readJson(bytes))
  if (!parsed.success) return undefined
  const { __type, error, errors, error_type: type } = parsed.data
  const code = __type?.replace(/^.*#/s, '') ?? error?.status ?? errors?.[0]?.code ?? type
  if (code === undefined || !/^[A-Za-z][A-Za-z_.]{0,63}$/.test(code)) return undefined
  return secrets.some((secret) => secret.includes(code)) ? undefined : code
}
