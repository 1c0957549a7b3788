import { decodeName, type Image } from '@sallyport/image'
import { type Package, parseApkSums, parseMd5sums, type RecordedSum } from '@sallyport/inventory'
import { readRpmSums } from '../systems/rpm/read-rpm-sums.ts'

/** Checksums that databases record, by canonical path. */
export interface RecordedSums {
  of(found: Package): Promise<ReadonlyMap<string, RecordedSum>>
}

const maxRecordBytes = 64 * 1024 * 1024

/** Reads `.md5sums` of dpkg, `Z:` of apk, headers of rpm and `RECORD` of Python distributions. */
export function createRecordedSums(
  image: Pick<Image, 'tree' | 'readFile'>,
  signal: AbortSignal | undefined,
): RecordedSums {
  const databases = new Map<string, Promise<ReadonlyMap<string, ReadonlyMap<string, RecordedSum>>>>()
  let rpmSums: ReturnType<typeof readRpmSums> | undefined
  return {
    async of(found) {
      const { type, name, dpkg, evidence } = found
      if (type === 'deb') {
        const path = dpkg?.metadataPaths.find((one) => one.endsWith('.md5sums'))
        return path === undefined ? new Map() : canonical(parseMd5sums(await read(path)))
      }
      if (type === 'apk') {
        let sums = databases.get(evidence.path)
        if (!sums) databases.set(evidence.path, (sums = read(evidence.path).then(parseApkSums)))
        return canonical((await sums).get(name) ?? new Map())
      }
      if (type === 'rpm' && evidence.method === 'rpm-database') {
        rpmSums ??= readRpmSums(image, signal)
        return (await rpmSums)(found)
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
