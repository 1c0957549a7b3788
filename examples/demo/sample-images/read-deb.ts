import { readFile } from 'node:fs/promises'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { readTar, type TarHeader } from '@sallyport/image'
import xz from 'xz-decompress'

/** A file of a package as its archive says. */
export interface DebEntry {
  readonly header: TarHeader
  readonly content: Uint8Array
}

/** A Debian package (deb(5)), read whole. */
export interface DebPackage {
  /** Files of the control archive by name: `control`, `md5sums`, `conffiles`, maintainer scripts. */
  readonly control: ReadonlyMap<string, DebEntry>
  /** What the package puts into the file system, in the archive's order. */
  readonly data: readonly DebEntry[]
}

const maxMemberBytes = 256 * 1024 * 1024

/** Reads a `.deb` whose sha256 has been verified. */
export async function readDeb(file: string): Promise<DebPackage> {
  const members = readAr(await readFile(file))
  if (members.get('debian-binary')?.toString('latin1') !== '2.0\n') throw new Error(`${file}: not a deb 2.0`)
  const control = new Map<string, DebEntry>()
  for (const entry of await readMember(members, 'control.tar')) {
    if (entry.header.type === 'file') control.set(entry.header.path.replace(/^\.\//, ''), entry)
  }
  return { control, data: await readMember(members, 'data.tar') }
}

/** Splits an ar archive (ar(5), the common form). */
function readAr(bytes: Buffer): Map<string, Buffer> {
  if (bytes.subarray(0, 8).toString('latin1') !== '!<arch>\n') throw new Error('not an ar archive')
  const members = new Map<string, Buffer>()
  for (let at = 8; at + 60 <= bytes.length;) {
    const header = bytes.subarray(at, at + 60).toString('latin1')
    const size = Number(header.slice(48, 58).trim())
    const start = at + 60
    if (!header.endsWith('`\n') || !Number.isSafeInteger(size) || size < 0 || start + size > bytes.length) {
      throw new Error(`malformed ar member at byte ${at}`)
    }
    members.set(header.slice(0, 16).trim().replace(/\/$/, ''), bytes.subarray(start, start + size))
    at = start + size + (size % 2)
  }
  return members
}

async function readMember(members: Map<string, Buffer>, base: string): Promise<DebEntry[]> {
  const [name, bytes] = [...members].find(([key]) => key.startsWith(base)) ?? []
  if (name === undefined || bytes === undefined) throw new Error(`no ${base} in the package`)
  const entries: { header: TarHeader; chunks: Uint8Array[] }[] = []
  for await (const event of readTar(decompress(name.slice(base.length), bytes))) {
    if (event.type === 'entry') entries.push({ header: event.entry, chunks: [] })
    else entries.at(-1)?.chunks.push(Buffer.from(event.chunk))
  }
  return entries.map(({ header, chunks }) => ({ header, content: Buffer.concat(chunks) }))
}

async function* decompress(suffix: string, bytes: Buffer): AsyncGenerator<Uint8Array> {
  switch (suffix) {
    case '':
      yield bytes
      break
    case '.gz':
      yield gunzipSync(bytes, { maxOutputLength: maxMemberBytes })
      break
    case '.zst':
      yield zstdDecompressSync(bytes, { maxOutputLength: maxMemberBytes })
      break
    case '.xz': {
      let total = 0
      const source = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new Uint8Array(bytes))
          controller.close()
        },
      })
      for await (const chunk of new xz.XzReadableStream(source)) {
        total += chunk.byteLength
        if (total > maxMemberBytes) throw new Error(`more than ${maxMemberBytes} bytes in a member`)
        yield chunk
      }
      break
    }
    default:
      throw new Error(`compression ${suffix} is not known`)
  }
}
