import { encodeTarHeader, tarEnd, tarPadding } from '../archive/encode-tar-header.ts'

/** An entry of {@link sampleTar}. */
export interface SampleTarEntry {
  readonly name: string
  readonly content?: Uint8Array | string | undefined
  /** The type flag. Default `0`, a regular file. */
  readonly type?: string | undefined
  readonly linkName?: string | undefined
  /** The size that the header claims. Default: that of the content. */
  readonly size?: number | undefined
}

/** A tar of the given entries, right or wrong. */
export function sampleTar(entries: readonly SampleTarEntry[], end: Uint8Array = tarEnd): Buffer {
  const blocks = entries.flatMap(({ name, content = '', type = '0', linkName = '', size }) => {
    const bytes = Buffer.from(content)
    const header = Buffer.from(encodeTarHeader(name, size ?? bytes.byteLength))
    const block = header.subarray(-512)
    block.write(type, 156, 'latin1')
    block.write(linkName, 157, 100, 'utf8')
    block.write('        ', 148, 'latin1')
    const sum = block.reduce((total, byte) => total + byte, 0)
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
    return [header, bytes, tarPadding(bytes.byteLength)]
  })
  return Buffer.concat([...blocks, end])
}
