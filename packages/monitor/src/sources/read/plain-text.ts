/** Invisible and unpaired characters: they hide text, or turn it around, where it is shown. */
const unseen = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/**
 * Text of an event for people and comparisons: at most `maxLength` characters, each one to be seen. What does not belong
 * is replaced and never dropped, so that a name with something hidden in it does not become another name.
 */
export function toPlainText(text: string, maxLength = 256): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength)}…` : text
  return cut.replace(unseen, '\uFFFD')
}

/** As {@link toPlainText}; nothing for what is empty or no text. */
export function toOptionalText(value: unknown, maxLength?: number): string | undefined {
  return typeof value === 'string' && value !== '' ? toPlainText(value, maxLength) : undefined
}

/** Quoted, for messages. */
export function quote(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(toPlainText(value, 80)) : `a ${typeof value}`
}
