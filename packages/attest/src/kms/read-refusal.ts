import * as z from 'zod'

/** What a service says about why it refused. */
export interface Refusal {
  /** Its name for the error. */
  readonly serviceCode?: string | undefined
  /** Its explanation, fit for a message. */
  readonly explanation?: string | undefined
}

const text = z.string().optional().catch(undefined)
/** The forms of AWS (`__type`), Google (`error.status`), Azure (`error.code`) and Vault (`errors`) together. */
const schema = z.object({
  __type: text,
  message: text,
  Message: text,
  error: z.object({ status: text, code: text, message: text }).optional().catch(undefined),
  errors: z.array(z.string()).optional().catch(undefined),
})
const maxLength = 300

/** Reads the body of a refusal; `secrets` are what the service was sent and must not come back in a message. */
export function readRefusal(body: string, secrets: readonly string[]): Refusal {
  let parsed: z.output<typeof schema>
  try {
    parsed = schema.parse(JSON.parse(body))
  } catch {
    return {}
  }
  const { __type, message, Message, error, errors } = parsed
  const code = __type?.replace(/^.*#/, '') ?? error?.status ?? error?.code
  const explanation = message ?? Message ?? error?.message ?? errors?.slice(0, 5).join('; ')
  return {
    serviceCode: code !== undefined && /^[A-Za-z][\w.]{0,80}$/.test(code) ? code : undefined,
    explanation: explanation ? clean(explanation, secrets) : undefined,
  }
}

function clean(explanation: string, secrets: readonly string[]): string {
  // The secrets go first, so that none is cut in two and left standing in part.
  let shown = explanation
  for (const secret of secrets) shown = shown.replaceAll(secret, '[redacted]')
  shown = shown
    // oxlint-disable-next-line no-control-regex
    .replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]+/g, ' ')
    .replace(/\b(basic|bearer)\s+[\w.~+/=-]{8,}/gi, '$1 [redacted]')
    .trim()
  return shown.length > maxLength ? `${shown.slice(0, maxLength)}…` : shown
}
