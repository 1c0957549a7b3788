const maxLength = 300
/** Longer than words, shorter than anything that is a secret by its length: tokens, signatures, certificates. */
const longWord = /[\w+/=.~%-]{24,}/g

/**
 * Quotes what a service says about a failure, for an error message. A service may say back what it was sent, so
 * secrets and everything that may be one are left out.
 */
export function quoteAnswer(body: Uint8Array, secrets: readonly string[] = []): string {
  const text = messageOf(Buffer.from(body).toString('utf8'))
  const known = secrets
    .filter((secret) => secret !== '')
    .reduce((rest, secret) => rest.replaceAll(secret, '…'), text)
  const quoted = known
    .replace(longWord, '…')
    .replace(/[^\x20-\x7e…]+/g, ' ')
    .trim()
  return quoted.length > maxLength ? `${quoted.slice(0, maxLength)}…` : quoted
}

/** The message of an error in JSON as gRPC gateways and Rekor write it, else the text itself. */
function messageOf(text: string): string {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null) return ''
    const { message, error_description: description, error } = value as Readonly<Record<string, unknown>>
    return [message, description, error].find((each) => typeof each === 'string') ?? ''
  } catch {
    return text
  }
}
