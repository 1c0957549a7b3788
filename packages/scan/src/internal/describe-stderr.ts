const maxLines = 12
const maxCharacters = 1500

/** Terminal colours and cursor moves. */
const escapes = new RegExp(`${String.fromCodePoint(27)}\\[[0-9;]*[A-Za-z]`, 'g')

const patterns: readonly (readonly [RegExp, string])[] = [
  [/(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@]+@/gi, '$1***@'],
  [
    /\b(authorization|proxy-authorization)(["']?\s*[:=]\s*["']?)(?:(?:basic|bearer)\s+)?[^\s"',]+/gi,
    '$1$2***',
  ],
  [/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, '$1 ***'],
  [
    /\b([\w-]{0,64}(?:password|passwd|token|secret|api[-_]?key))(["']?\s*[:=]\s*["']?)[^\s"',&]+/gi,
    '$1$2***',
  ],
]

/**
 * The last lines of a program's stderr, made fit for an error message: no control characters, no credentials, short.
 * `secrets` are values that must not appear, whatever stands around them.
 */
export function describeStderr(stderr: string, secrets: readonly string[] = []): string {
  let text = stderr.replace(escapes, '').replace(/[^\n\t\u0020-\u007E\u00A0-\uFFFF]/g, '')
  for (const secret of secrets) if (secret.length >= 4) text = text.replaceAll(secret, '***')
  for (const [pattern, replacement] of patterns) text = text.replace(pattern, replacement)
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const last = lines.slice(-maxLines).join('\n')
  return last.length > maxCharacters ? `…${last.slice(-maxCharacters)}` : last
}
