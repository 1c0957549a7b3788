/** A block of a PEM text (RFC 7468). */
export interface PemBlock {
  readonly label: string
  /** What stands between the first and the last line: headers, if any, and base64. */
  readonly body: string
  /** The whole block. */
  readonly text: string
}

const block = /-----BEGIN ([^\n]{1,80}?)-----\r?\n([\s\S]*?)-----END \1-----/g
const start = /-----BEGIN /g

/**
 * The only block of a text; blocks with a label of `ignored` don't count. `undefined` when there is none, more than one,
 * or one that doesn't end: libraries read the first key of a text and let another one pass unseen.
 */
export function onlyPemBlock(text: string, ignored?: string): PemBlock | undefined {
  const blocks = [...text.matchAll(block)].map(([whole, label = '', body = '']) => ({
    label,
    body,
    text: whole,
  }))
  const opened = [...text.matchAll(start)].length
  const [found, ...rest] = blocks.filter(({ label }) => label !== ignored)
  return rest.length > 0 || opened !== blocks.length ? undefined : found
}

/** Writes bytes as a PEM block, in lines of 64 characters. */
export function toPem(label: string, bytes: Uint8Array): string {
  const lines =
    Buffer.from(bytes)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
