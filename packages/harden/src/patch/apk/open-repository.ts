import { HardenError } from '../../errors.ts'
import { checkIndexDate } from '../check-index-date.ts'
import { checkMirrorPath } from '../mirror/check-mirror-path.ts'
import { readSmall } from '../mirror/read-small.ts'
import type { ApkSource, LastSeen } from '../patch-source.ts'
import { parseApkParagraph } from './parse-apk-paragraph.ts'
import { readMembers } from './read-members.ts'
import { splitGzipMembers } from './split-gzip-members.ts'
import { verifyApkSignature } from './verify-apk-signature.ts'

/** A version of a package that a repository has. */
export interface ApkCandidate {
  readonly source: ApkSource
  readonly name: string
  readonly version: string
  readonly architecture: string
  /** `C:` as it stands in the index: `Q1` and the SHA-1 sum of the control segment, base64. */
  readonly checksum: string
  readonly size: number
  /** Path of the file in the mirror. */
  readonly path: string
  /** The lines of the index, which the installed database repeats. */
  readonly lines: readonly string[]
  /** The same by letter. */
  readonly fields: ReadonlyMap<string, string>
}

/** A repository with a verified index. */
export interface OpenedRepository {
  readonly source: ApkSource
  /** When the newest package of it was built: the index itself has no date. */
  readonly date: Date
  readonly candidates: readonly ApkCandidate[]
}

const maxIndexBytes = 64 * 1024 * 1024
const maxUncompressedBytes = 256 * 1024 * 1024

/**
 * Reads and verifies the index of a repository for an architecture.
 *
 * @throws {HardenError} `SIGNATURE_INVALID`, `INDEX_INVALID`, `INDEX_MISMATCH`, `INDEX_EXPIRED`, `INDEX_ROLLED_BACK`, `ARCHIVE_INVALID`,
 * and what the mirror throws.
 */
export async function openRepository(
  source: ApkSource,
  architecture: string,
  options: { readonly now: Date; readonly lastSeen: LastSeen; readonly signal?: AbortSignal | undefined },
): Promise<OpenedRepository> {
  const { mirror, repository, keys } = source
  const folder = checkMirrorPath(`${repository}/${architecture}`)
  const name = `${folder}/APKINDEX.tar.gz`
  const bytes = await readSmall(mirror, name, maxIndexBytes, options.signal)
  const [signature, index, ...more] = splitGzipMembers(bytes, maxUncompressedBytes, name)
  if (!signature || !index || more.length > 0) throw invalid('not a signature and an index')
  verifyApkSignature(name, await readMembers(signature.content, name), index.compressed, keys)
  const files = await readMembers(index.content, name)
  const textOf = (path: string) => {
    const file = files.find(({ entry }) => entry.path === path)
    return file && Buffer.from(file.content).toString('utf8')
  }
  const text = textOf('APKINDEX')
  if (text === undefined) throw invalid('no APKINDEX in it')
  let newest = 0
  const candidates: ApkCandidate[] = []
  for (const paragraph of text.split('\n\n')) {
    if (paragraph.trim() === '') continue
    const { fields } = parseApkParagraph(paragraph.replace(/^\n+|\n+$/g, ''))
    newest = Math.max(newest, Number(/^\d{1,12}$/.exec(fields.get('t') ?? '')?.[0] ?? 0))
    candidates.push(toCandidate(paragraph.replace(/^\n+|\n+$/g, '')))
  }
  const description = (textOf('DESCRIPTION') ?? '').trim().slice(0, 200)
  // A key signs the indexes of all releases: where the names tell the release, they have to agree.
  const asked = /(?:^|\/)v(\d+\.\d+)(?:\/|$)/.exec(repository)?.[1]
  const given = /^v(\d+\.\d+)\b/.exec(description)?.[1]
  if (asked !== undefined && given !== undefined && asked !== given)
    throw new HardenError('INDEX_MISMATCH', `${name}: the mirror gives an index of ${given} in its place`)
  const date = new Date(newest * 1000)
  checkIndexDate(repository, { date }, options)
  return { source, date, candidates }

  function toCandidate(paragraph: string): ApkCandidate {
    const { lines, fields } = parseApkParagraph(paragraph)
    const need = (letter: string, form: RegExp) => {
      const value = fields.get(letter) ?? ''
      if (!form.test(value))
        throw invalid(`no usable ${letter} of ${JSON.stringify(fields.get('P')?.slice(0, 100))}`)
      return value
    }
    const own = need('P', /^[A-Za-z0-9_][A-Za-z0-9+._-]{0,255}$/)
    const version = need('V', /^[A-Za-z0-9._~-]{1,255}$/)
    return {
      source,
      name: own,
      version,
      architecture: need('A', /^[a-z0-9_-]{1,32}$/),
      checksum: need('C', /^Q1[A-Za-z0-9+/]{27}=$/),
      size: Number(need('S', /^\d{1,12}$/)),
      path: checkMirrorPath(`${folder}/${own}-${version}.apk`),
      lines,
      fields,
    }
  }

  function invalid(what: string): HardenError {
    return new HardenError('INDEX_INVALID', `${name}: ${what}`)
  }
}
