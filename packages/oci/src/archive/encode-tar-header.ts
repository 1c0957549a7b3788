/** Unit of a tar: headers are one block, contents are filled up to whole blocks. */
export const blockBytes = 512
/** What eleven octal digits hold. */
const maxOctal = 8 ** 11 - 1
const maxNameBytes = 100

/** The end of a tar: two empty blocks. */
export const tarEnd: Uint8Array = new Uint8Array(2 * blockBytes)

/**
 * The header of a regular file (POSIX.1-2001 pax), the same for the same name and size: mode 0644, no owner, no time.
 * Long names (sha512 blobs) and sizes from 8 GiB have a pax header before it.
 */
export function encodeTarHeader(name: string, size: number): Uint8Array {
  const records: string[] = []
  if (Buffer.byteLength(name) > maxNameBytes) records.push(paxRecord('path', name))
  if (size > maxOctal) records.push(paxRecord('size', String(size)))
  if (records.length === 0) return encodeBlock(name, size, '0')
  const pax = Buffer.from(records.join(''))
  return Buffer.concat([
    encodeBlock('pax_header', pax.byteLength, 'x'),
    pax,
    tarPadding(pax.byteLength),
    encodeBlock(name.slice(-maxNameBytes), size > maxOctal ? 0 : size, '0'),
  ])
}

/** What fills the last block of a content of `size` bytes. */
export function tarPadding(size: number): Uint8Array {
  return new Uint8Array((blockBytes - (size % blockBytes)) % blockBytes)
}

/** A whole small file of a tar. */
export function encodeTarFile(name: string, bytes: Uint8Array): Uint8Array {
  return Buffer.concat([encodeTarHeader(name, bytes.byteLength), bytes, tarPadding(bytes.byteLength)])
}

function encodeBlock(name: string, size: number, type: '0' | 'x'): Uint8Array {
  const block = Buffer.alloc(blockBytes)
  block.write(name, 0, maxNameBytes, 'utf8')
  block.write('0000644\0', 100, 'latin1')
  block.write('0000000\0', 108, 'latin1')
  block.write('0000000\0', 116, 'latin1')
  block.write(`${size.toString(8).padStart(11, '0')}\0`, 124, 'latin1')
  block.write('00000000000\0', 136, 'latin1')
  block.write('        ', 148, 'latin1')
  block.write(type, 156, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  let sum = 0
  for (const byte of block) sum += byte
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

/** A record counts its own length, the digits of it included. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`
  const bytes = Buffer.byteLength(rest)
  let length = bytes + String(bytes).length
  if (bytes + String(length).length !== length) length++
  return `${length}${rest}`
}
