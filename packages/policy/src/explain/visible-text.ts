/** Controls, format characters (bidirectional overrides, zero width, tags), lone surrogates, separators, blank fillers. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u3164\uffa0]/gu

const short: Readonly<Record<string, string>> = {
  '\n': String.raw`\n`,
  '\r': String.raw`\r`,
  '\t': String.raw`\t`,
}

/**
 * Text as a reader may see it: whatever would move the cursor, change colours, reverse the order of letters or hide
 * something is written as an escape such as `\u{202e}`. Names and messages come from images, so they may lie.
 */
export function visibleText(text: string, { maxLength = 400 }: { readonly maxLength?: number } = {}): string {
  const cut = text.length > maxLength ? text.slice(0, maxLength) : text
  const shown = cut.replace(
    invisible,
    (character) => short[character] ?? `\\u{${character.codePointAt(0)!.toString(16)}}`,
  )
  return cut === text ? shown : `${shown}… (${text.length - maxLength} more characters)`
}
