/** Text from outside on one line: without control and format characters, such as marks that turn the writing direction, or an end. */
export function plainText(text: string, max = 200): string {
  const plain = text
    .slice(0, max * 4)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
  return plain.length > max ? `${plain.slice(0, max)}…` : plain
}
