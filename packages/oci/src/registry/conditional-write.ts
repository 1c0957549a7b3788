/** A condition that never holds: a registry that honours conditions refuses it, any other just writes. */
export const neverHolds: Readonly<Record<string, string>> = { 'if-match': '"sallyport-never"' }

/**
 * The header field that makes a write of a tag depend on what was read of it (RFC 9110, 13.1); none where there is no
 * strong, quoted entity tag: `If-Match` never holds for a weak one.
 */
export function conditionOf(
  current: { readonly etag: string | undefined } | undefined,
): Readonly<Record<string, string>> {
  if (current === undefined) return { 'if-none-match': '*' }
  const { etag } = current
  return etag !== undefined && /^"[\x21\x23-\x7e]*"$/.test(etag) ? { 'if-match': etag } : {}
}
