import { visibleText } from '../explain/visible-text.ts'

/** Breaks a word for who looks for mentions and references in what was rendered, where entities are gone. */
const zeroWidthSpace = '&#8203;'

/**
 * Text for Markdown as GitHub and GitLab read it, inside `<code>` as well: no markup, no HTML, no mention, no reference to
 * an issue and no link comes of it.
 */
export function escapeMarkdown(text: string, maxLength = 400): string {
  return visibleText(text, { maxLength })
    .replace(/[&<>"'`*_[\]()|~@#!$\\{}]/g, (character) => `&#${character.charCodeAt(0)};`)
    .replace(/&#(?:64|35);/g, (sign) => `${sign}${zeroWidthSpace}`)
    .replace(/:\/\//g, '&#58;//')
    .replace(/\bwww\./gi, (prefix) => prefix.replace('.', '&#46;'))
}
