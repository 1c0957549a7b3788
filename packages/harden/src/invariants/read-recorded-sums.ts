import { decodeName, type Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'

/** What a package's own record says a file's content hashes to. */
export interface RecordedSum {
  readonly algorithm: 'md5' | 'sha1' | 'sha256'
  /** Lower-case hexadecimal. */
  readonly value: string
}

/** Checksums that databases record, by canonical path. */
export interface RecordedSums {
  of(found: Package): Promise<ReadonlyMap<string, RecordedSum>>
}

const maxRecordBytes = 64 * 1024 * 1024

/** Reads `.md5sums` of dpkg, `Z:` of apk and `RECORD` of Python distributions. */
export function createRecordedSums(
  image: Pick<Image, 'tree' | 'readFile'>,
  signal: AbortSignal | undefined,
): RecordedSums {
  const databases = new Map<string, Promise<ReadonlyMap<string, ReadonlyMap<string, RecordedSum>>>>()
  return {
    async of({ type, name, dpkg, evidence }) {
      if (type === 'deb') {
        const path = dpkg?.metadataPaths.find((one) => one.endsWith('.md5sums'))
        return path === undefined ? new Map() : canonical(parseMd5sums(await read(path)))
      }
      if (type === 'apk') {
        let sums = databases.get(evidence.path)
        if (!sums) databases.set(evidence.path, (sums = read(evidence.path).then(parseApkSums)))
        return canonical((await sums).get(name) ?? new Map())
      }
      const folder = /^(.*)\/[^/]+\.dist-info\/[^/]+$/.exec(evidence.path)?.[1]
      if (type !== 'pypi' || folder === undefined) return new Map()
      const record = `${evidence.path.slice(0, evidence.path.lastIndexOf('/'))}/RECORD`
      return canonical(parseRecord(await read(record), folder))
    },
  }

  async function read(path: string): Promise<string> {
    const node = image.tree.resolve(path)
    if (node?.type !== 'file') return ''
    return decodeName(await image.readFile(node, { maxBytes: maxRecordBytes, signal }))
  }

  function canonical(sums: ReadonlyMap<string, RecordedSum>): ReadonlyMap<string, RecordedSum> {
    return new Map([...sums].map(([path, sum]) => [image.tree.canonicalize(path), sum]))
  }
}

function parseMd5sums(text: string): ReadonlyMap<string, RecordedSum> {
  const sums = new Map<string, RecordedSum>()
  for (const [, value, path] of text.matchAll(/^([0-9a-f]{32}) [ *](?:\.?\/)?(.+)$/gm))
    sums.set(`/${path}`, { algorithm: 'md5', value: value! })
  return sums
}

/** The installed database of apk: `P:` package, `F:` folder, `R:` file, `Z:` its sum (apk-tools, `database.c`). */
function parseApkSums(text: string): ReadonlyMap<string, ReadonlyMap<string, RecordedSum>> {
  const packages = new Map<string, Map<string, RecordedSum>>()
  let sums = new Map<string, RecordedSum>()
  let [folder, file] = ['', '']
  for (const line of text.split('\n')) {
    const value = line.slice(2)
    if (line.startsWith('P:')) packages.set(value, (sums = new Map<string, RecordedSum>()))
    else if (line.startsWith('F:')) folder = value
    else if (line.startsWith('R:')) file = value
    else if (line.startsWith('Z:Q1'))
      sums.set(`/${folder === '' ? '' : `${folder}/`}${file}`, {
        algorithm: 'sha1',
        value: Buffer.from(line.slice(4), 'base64').toString('hex'),
      })
  }
  return packages
}

/** `path,sha256=<url-safe base64>,size` (Python packaging, "Recording installed projects"). */
function parseRecord(text: string, folder: string): ReadonlyMap<string, RecordedSum> {
  const sums = new Map<string, RecordedSum>()
  for (const [, quoted, plain, value] of text.matchAll(
    /^(?:"([^"\n]+)"|([^",\n]+)),sha256=([\w-]+)=*,\d*\r?$/gm,
  )) {
    const path = quoted ?? plain!
    sums.set(path.startsWith('/') ? path : `${folder}/${path}`, {
      algorithm: 'sha256',
      value: Buffer.from(value!, 'base64url').toString('hex'),
    })
  }
  return sums
}
