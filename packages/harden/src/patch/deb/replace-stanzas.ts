import { encodeName } from '@sallyport/image'
import { HardenError } from '../../errors.ts'

/**
 * Replaces paragraphs of a dpkg database by their exact texts; every other byte and the order stay.
 *
 * @throws {HardenError} `INVARIANT_BROKEN` when a paragraph is not there exactly once.
 */
export function replaceStanzas(
  path: string,
  content: Uint8Array,
  replacements: ReadonlyMap<string, string>,
): Uint8Array {
  const wanted = new Map([...replacements].map(([old, now]) => [toBytes(old), toBytes(now)]))
  const counts = new Map<string, number>()
  const parts = Buffer.from(content)
    .toString('latin1')
    .split(/(\n{2,})/)
  const changed = parts.map((part) => {
    const stanza = part.replace(/^\n+|\n+$/g, '')
    const now = wanted.get(stanza)
    if (now === undefined || stanza === '') return part
    counts.set(stanza, (counts.get(stanza) ?? 0) + 1)
    return part.replace(stanza, () => now)
  })
  for (const stanza of wanted.keys()) {
    if (counts.get(stanza) !== 1)
      throw new HardenError(
        'INVARIANT_BROKEN',
        `${path}: ${counts.get(stanza) ?? 0} paragraphs instead of one: ${stanza.slice(0, 100)}`,
      )
  }
  return Buffer.from(changed.join(''), 'latin1')
}

const toBytes = (text: string) => Buffer.from(encodeName(text)).toString('latin1')
