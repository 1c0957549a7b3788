// Control characters, line breaks of every kind, and marks that turn the direction of what follows.
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]+/gu

/** Text of at most `max` UTF-16 units; what is cut ends with `…`, and no character is cut in two. */
export function cutText(text: string, max: number): string {
  if (text.length <= max) return text
  const end = max - 1
  const splits = (text.codePointAt(end - 1) ?? 0) > 0xffff
  return `${text.slice(0, splits ? end - 1 : end)}…`
}

/** Text from outside in one line: nothing in it moves a cursor, breaks a line or turns the direction of reading. */
export function plainText(text: string, max = 1024): string {
  // Far too much is not worth looking at.
  return cutText(
    cutText(text, max * 4)
      .toWellFormed()
      .replace(unprintable, ' ')
      .trim(),
    max,
  )
}
