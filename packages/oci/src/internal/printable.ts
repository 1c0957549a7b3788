/**
 * Text from outside, fit for a message: no control characters (terminal escapes), no credentials as they stand in
 * `Authorization` fields or URLs, and not longer than `max` characters.
 */
export function printable(text: string, max = 300): string {
  const plain = text
    .slice(0, max * 4)
    // oxlint-disable-next-line no-control-regex
    .replace(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\ufeff]+/g, ' ')
    .replace(/\b(basic|bearer)\s+[\w.~+/=-]{8,}/gi, '$1 [redacted]')
    .replace(/\/\/[^/\s@"']{1,200}@/g, '//[redacted]@')
    .replace(/([?&][^=\s&"']{1,60}=)[^&\s"']{16,}/g, '$1[redacted]')
    .trim()
  return plain.length > max ? `${plain.slice(0, max)}…` : plain
}
