import { digestOf } from '@sallyport/core'

/** A UUID made of a text alone (version 8 of RFC 9562: by a rule of one's own), so that equal input gives equal bytes. */
export function deriveUuid(text: string): string {
  const hex = digestOf(text).slice('sha256:'.length)
  const variant = ((Number.parseInt(hex[16]!, 16) & 0x3) | 0x8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
