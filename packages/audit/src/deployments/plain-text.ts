/** Text from outside on one line: without control characters, marks that turn the writing direction, or an end. */
export function plainText(text: string, max = 200): string {
  const plain = text
    .slice(0, max * 4)
    // oxlint-disable-next-line no-control-regex
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+/g, ' ')
    .trim()
  return plain.length > max ? `${plain.slice(0, max)}…` : plain
}
