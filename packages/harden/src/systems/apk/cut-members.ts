const blockBytes = 512
const maxNameBytes = 64 * 1024

/**
 * An archive of tar without some of its members; the blocks of the others, their order and what follows them are as
 * they were (POSIX ustar, with GNU's and pax' long names).
 *
 * @throws {SyntaxError} when it is no such archive.
 */
export function cutMembers(tar: Uint8Array, isRemoved: (name: string) => boolean): Uint8Array {
  const bytes = Buffer.from(tar.buffer, tar.byteOffset, tar.byteLength)
  const kept: Buffer[] = []
  let memberStart = 0
  let longName: string | undefined
  let at = 0
  while (at + blockBytes <= bytes.length) {
    const header = bytes.subarray(at, at + blockBytes)
    if (header.every((byte) => byte === 0)) break
    checkSum(header, at)
    const size = octal(header, 124, 12, at)
    const end = at + blockBytes + Math.ceil(size / blockBytes) * blockBytes
    if (end > bytes.length) throw new SyntaxError(`byte ${at}: the archive ends within a member`)
    const type = String.fromCharCode(header[156]!)
    const content = () => {
      if (size > maxNameBytes) throw new SyntaxError(`byte ${at}: a name of ${size} bytes`)
      return bytes.toString('latin1', at + blockBytes, at + blockBytes + size)
    }
    // These are about the member after them, and go with it.
    if (type === 'L') longName = cString(content())
    else if (type === 'x') longName = paxPath(content()) ?? longName
    else if (type !== 'K' && type !== 'g') {
      if (!isRemoved(longName ?? headerName(header))) kept.push(bytes.subarray(memberStart, end))
      memberStart = end
      longName = undefined
    }
    at = end
  }
  kept.push(bytes.subarray(memberStart))
  return Buffer.concat(kept)
}

function headerName(header: Buffer): string {
  const name = cString(header.toString('latin1', 0, 100))
  const hasPrefix = header.toString('latin1', 257, 263) === 'ustar\0'
  const prefix = hasPrefix ? cString(header.toString('latin1', 345, 500)) : ''
  return prefix === '' ? name : `${prefix}/${name}`
}

function checkSum(header: Buffer, at: number): void {
  let sum = 0
  for (let index = 0; index < blockBytes; index++) sum += index >= 148 && index < 156 ? 32 : header[index]!
  if (sum !== octal(header, 148, 8, at)) throw new SyntaxError(`byte ${at}: not a header of tar`)
}

function octal(header: Buffer, start: number, length: number, at: number): number {
  const text = header.toString('latin1', start, start + length).replaceAll(/^[ \0]+|[ \0]+$/g, '')
  if (!/^[0-7]{0,11}$/.test(text)) throw new SyntaxError(`byte ${at + start}: not an octal number`)
  return text === '' ? 0 : Number.parseInt(text, 8)
}

const cString = (text: string) => {
  const end = text.indexOf('\0')
  return end < 0 ? text : text.slice(0, end)
}

/** The `path` of a pax header: records of `length key=value`, each with a line end. */
function paxPath(text: string): string | undefined {
  for (let at = 0; at < text.length;) {
    const space = text.indexOf(' ', at)
    const length = Number(text.slice(at, space))
    if (space < 0 || !Number.isInteger(length) || length <= space - at)
      throw new SyntaxError('not a record of a pax header')
    const record = text.slice(space + 1, at + length - 1)
    if (record.startsWith('path=')) return record.slice('path='.length)
    at += length
  }
  return undefined
}
