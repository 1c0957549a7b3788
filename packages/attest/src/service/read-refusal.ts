import * as z from 'zod'

/** What a service says about why it refused. */
export interface Refusal {
  /** Its name for the error. */
  readonly serviceCode?: string | undefined
  /** Its explanation, fit for a message. */
  readonly explanation?: string | undefined
}

const text = z.string().optional().catch(undefined)
/** The forms of AWS (`__type`), Google and Azure (`error`), Vault (`errors`), OAuth and Rekor together. */
const schema = z.object({
  __type: text,
  message: text,
  Message: text,
  error_description: text,
  error: z
    .union([z.string(), z.object({ status: text, code: text, message: text })])
    .optional()
    .catch(undefined),
  errors: z.array(z.string()).optional().catch(undefined),
})
const maxLength = 300
/** Longer than words. */
const longWord = /[\w+/=.~%-]{24,}/g
/** Longer than the parts of names, ids and paths; tokens, signatures and certificates have such parts. */
const longPart = /[A-Za-z0-9+=~%]{20,}/

/**
 * Reads the body of a refusal. A service may say back what it was sent, as it was or in another encoding: secrets and
 * everything that may be one are left out.
 *
 * @param secrets what the service was sent and must not come back in a message.
 */
export function readRefusal(body: Uint8Array, secrets: readonly string[] = []): Refusal {
  const said = Buffer.from(body).toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(said)
  } catch {
    // A page is for browsers.
    return said.trimStart().startsWith('<') ? {} : { explanation: clean(said, secrets) }
  }
  const parsed = schema.safeParse(value)
  if (!parsed.success) return {}
  const { __type, message, Message, error_description: description, error, errors } = parsed.data
  const nested = typeof error === 'string' ? { message: error } : error
  const code = __type?.replace(/^.*#/, '') ?? nested?.status ?? nested?.code
  const explanation = message ?? Message ?? description ?? nested?.message ?? errors?.slice(0, 5).join('; ')
  return {
    serviceCode: code !== undefined && isName(code, secrets) ? code : undefined,
    explanation: explanation === undefined ? undefined : clean(explanation, secrets),
  }
}

function isName(code: string, secrets: readonly string[]): boolean {
  const repeats = secrets.some((secret) => secret.includes(code) || (secret !== '' && code.includes(secret)))
  return /^[A-Za-z][A-Za-z_.]{0,63}$/.test(code) && !repeats
}

function clean(explanation: string, secrets: readonly string[]): string | undefined {
  // The secrets go first, the longest ahead, so that none is cut in two and left standing in part.
  const shown = [...secrets]
    .flatMap(spellings)
    .filter((secret) => secret !== '')
    .sort((one, other) => other.length - one.length)
    .reduce((rest, secret) => rest.replaceAll(secret, '…'), explanation)
    .replace(/\b(basic|bearer)\s+[\w.~+/=-]{8,}/gi, '$1 …')
    .replace(longWord, (word) => (longPart.test(word) ? '…' : word))
    .replace(/[^\x20-\x7e…]+/g, ' ')
    .trim()
  if (shown === '') return undefined
  return shown.length > maxLength ? `${shown.slice(0, maxLength)}…` : shown
}

/** A secret as it is, and as services log what they were sent. */
function spellings(secret: string): readonly string[] {
  const bytes = Buffer.from(secret, 'utf8')
  const base64 = bytes.toString('base64').replace(/=+$/, '')
  const uri = encodeURIComponent(secret.toWellFormed())
  return [secret, base64, bytes.toString('base64url'), bytes.toString('hex'), uri]
}
