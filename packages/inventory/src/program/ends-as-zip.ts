import type { FileContent } from '../files/image-files.ts'

const endBytes = 22
const maxCommentBytes = 0xffff
const endSignature = Buffer.from('PK\x05\x06')

/** Whether a file ends with the end of a zip archive (APPNOTE.TXT, 4.3.16), whatever it begins with. */
export async function endsAsZip(content: FileContent): Promise<boolean> {
  const start = Math.max(0, content.size - endBytes - maxCommentBytes)
  const bytes = await content.read(start, content.size - start)
  const tail = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = tail.lastIndexOf(endSignature); at >= 0; at = tail.lastIndexOf(endSignature, at - 1)) {
    if (at + endBytes <= tail.length && at + endBytes + tail.readUInt16LE(at + 20) === tail.length)
      return true
    if (at === 0) break
  }
  return false
}
