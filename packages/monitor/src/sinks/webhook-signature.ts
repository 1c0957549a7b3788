import { createHmac, timingSafeEqual } from 'node:crypto'
import { MonitorError } from '../errors.ts'

/** The header fields of a webhook that is signed as Standard Webhooks 1.0 says. */
export interface WebhookSignatureHeaders {
  /** The same for each delivery of one alert. */
  readonly 'webhook-id': string
  /** When this delivery was sent, in seconds since 1970. */
  readonly 'webhook-timestamp': string
  /** One signature for each secret, separated by spaces. */
  readonly 'webhook-signature': string
}

/** What is signed, and by which secrets. */
export interface SignWebhookOptions {
  /** Of the message: the same for each attempt. */
  readonly id: string
  /** When this attempt is made. */
  readonly sentAt: Date
  /** Exactly the bytes that are sent. */
  readonly body: string | Uint8Array
  /** Each `whsec_` and 24 to 64 bytes in base64; during a rotation the new and the old one. */
  readonly secrets: readonly string[]
}

/**
 * Signs a webhook as Standard Webhooks 1.0 says.
 *
 * @throws {MonitorError} `OPTIONS_INVALID` without secrets, and for a secret of another form; it is not in the message.
 */
export function signWebhook({ id, sentAt, body, secrets }: SignWebhookOptions): WebhookSignatureHeaders {
  const timestamp = `${Math.floor(sentAt.getTime() / 1000)}`
  return {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': parseWebhookSecrets(secrets)
      .map((key) => `v1,${macOf(key, id, timestamp, body).toString('base64')}`)
      .join(' '),
  }
}

/** What came, and what it is held against. */
export interface VerifyWebhookOptions {
  /** Header fields, their names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>> | WebhookSignatureHeaders
  /** As it came, before it is parsed. */
  readonly body: string | Uint8Array
  /** Those that are good at present. */
  readonly secrets: readonly string[]
  /** Time of the check. */
  readonly now: Date
  /** How far the time of sending may be from `now`, in milliseconds. Default 5 minutes. */
  readonly toleranceMs?: number | undefined
}

/**
 * Whether a webhook was signed with one of the secrets, and not long ago. To notice one that is sent twice, keep its
 * `webhook-id`.
 *
 * @throws {MonitorError} `OPTIONS_INVALID` without secrets, and for a secret of another form.
 */
export function verifyWebhook({
  headers,
  body,
  secrets,
  now,
  toleranceMs = 5 * 60_000,
}: VerifyWebhookOptions): boolean {
  const keys = parseWebhookSecrets(secrets)
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures } = headers
  if (typeof id !== 'string' || id === '') return false
  if (typeof timestamp !== 'string' || !/^\d{1,12}$/.test(timestamp)) return false
  if (typeof signatures !== 'string' || signatures.length > 4096) return false
  if (Math.abs(now.getTime() - Number(timestamp) * 1000) > toleranceMs) return false
  const given = signatures
    .split(' ')
    .filter((each) => each.startsWith('v1,'))
    .map((each) => Buffer.from(each.slice(3), 'base64'))
  return keys.some((key) => {
    const mac = macOf(key, id, timestamp, body)
    return given.some((each) => each.length === mac.length && timingSafeEqual(each, mac))
  })
}

/** The keys in secrets; throws as {@link signWebhook} does. */
export function parseWebhookSecrets(secrets: readonly string[]): readonly Buffer[] {
  if (secrets.length === 0)
    throw new MonitorError('OPTIONS_INVALID', 'webhook: at least one secret is needed')
  return secrets.map((secret, index) => {
    const text = secret.replace(/^whsec_/, '')
    const key = Buffer.from(text, 'base64')
    // The decoder skips what is no base64: only what it gives back unchanged was some.
    const isBase64 = key.toString('base64').replace(/=+$/, '') === text.replace(/=+$/, '')
    if (!isBase64 || key.length < 24 || key.length > 64) {
      throw new MonitorError(
        'OPTIONS_INVALID',
        `webhook: secret ${index + 1} is not \`whsec_\` and 24 to 64 bytes in base64: make one with \`openssl rand -base64 32\``,
      )
    }
    return key
  })
}

function macOf(key: Buffer, id: string, timestamp: string, body: string | Uint8Array): Buffer {
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest()
}
