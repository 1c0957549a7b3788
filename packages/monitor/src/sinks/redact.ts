import { plainText } from './plain-text.ts'

/** Longer than words; tokens and keys are. */
const longWord = /[\w+/=.~%-]{24,}/g
const longPart = /[A-Za-z0-9+=~%]{20,}/

/**
 * What somebody else said went wrong, fit for a message: in one line, URLs without what stands behind their host, and
 * without anything that may be a secret.
 *
 * @param secrets What must not be in it, however short.
 */
export function redact(text: string, secrets: readonly string[] = [], max = 300): string {
  const without = secrets
    .filter((secret) => secret !== '')
    .toSorted((one, other) => other.length - one.length)
    .reduce((rest, secret) => rest.replaceAll(secret, '…'), text.slice(0, 8192))
  return plainText(
    without
      .replace(/\b([a-z][a-z0-9+.-]{1,20}:\/\/)(?:[^\s/@"'<>]*@)?([^\s/?#"'<>@]*)[^\s"'<>]*/gi, '$1$2')
      .replace(/\b(basic|bearer)\s+[\w.~+/=-]{8,}/gi, '$1 …')
      .replace(longWord, (word) => (longPart.test(word) ? '…' : word)),
    max,
  )
}
