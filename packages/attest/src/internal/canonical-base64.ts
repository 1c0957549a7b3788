/**
 * Decodes standard base64 with its padding. `undefined` when another text would decode to the same bytes: two
 * texts for one value let a copy of signed evidence look like something new.
 */
export function decodeCanonicalBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64')
  return bytes.toString('base64') === text ? bytes : undefined
}
