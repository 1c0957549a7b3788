import { maxRpmTextLength } from '../internal/limits.ts'
import type { RecordedSum } from '../recorded-sums.ts'
import type { RpmTags } from './parse-header.ts'

const algorithms: ReadonlyMap<number, RecordedSum['algorithm']> = new Map([
  [1, 'md5'],
  [2, 'sha1'],
  [8, 'sha256'],
])

/** The sum that a header has of a file; `undefined` when it is of another hash, or none. */
export function toRecordedSum({
  sum,
  algorithm: number,
}: Pick<RpmFile, 'sum' | 'algorithm'>): RecordedSum | undefined {
  const algorithm = algorithms.get(number)
  return sum === undefined || sum === '' || algorithm === undefined ? undefined : { algorithm, value: sum }
}

/** What a header says of one file, folder or link of its package. */
export interface RpmFile {
  /** As the header writes it. */
  readonly path: string
  /** `RPMFILE_STATE_*`: 0 is installed, 1 replaced by another package's, 2 left out, 3 on a shared file system. */
  readonly state: number
  /** Kind and permission bits, as in `st_mode`. */
  readonly mode: number
  /** `RPMFILE_*`: what kind of file it is to rpm, such as a ghost (64), which was never in the package. */
  readonly flags: number
  /** Hash of a regular file's content, lower-case hexadecimal; see {@link RpmFile.algorithm}. */
  readonly sum?: string | undefined
  /** Number of the hash function (RFC 4880, section 9.4): 1 is MD5, 8 SHA-256. */
  readonly algorithm: number
}

const tags = {
  oldFileNames: 1027,
  fileStates: 1029,
  fileModes: 1030,
  fileSums: 1035,
  fileFlags: 1037,
  directoryIndexes: 1116,
  baseNames: 1117,
  directoryNames: 1118,
  sumAlgorithm: 5011,
}

/**
 * Lists all that a header names, in its order. `name` is the package's, for errors.
 *
 * @throws {SyntaxError} when the lists do not fit together.
 */
export function listRpmFiles(header: RpmTags, name: string): readonly RpmFile[] {
  const paths = listPaths(header, name)
  const states = header.numbers(tags.fileStates)
  const modes = header.numbers(tags.fileModes)
  const flags = header.numbers(tags.fileFlags)
  const sums = header.texts(tags.fileSums)
  const algorithm = header.numbers(tags.sumAlgorithm)[0] ?? 1
  for (const list of [states, modes, flags, sums]) {
    if (list.length > 0 && list.length !== paths.length) {
      throw new SyntaxError(`${name}: ${paths.length} files with ${list.length} properties`)
    }
  }
  return paths.map((path, index) => ({
    path,
    state: states[index] ?? 0,
    mode: modes[index] ?? 0,
    flags: flags[index] ?? 0,
    sum: sums[index] || undefined,
    algorithm,
  }))
}

function listPaths(header: RpmTags, name: string): readonly string[] {
  const baseNames = header.texts(tags.baseNames)
  if (baseNames.length === 0) return header.texts(tags.oldFileNames)
  const folders = header.texts(tags.directoryNames)
  const indexes = header.numbers(tags.directoryIndexes)
  if (indexes.length !== baseNames.length) {
    throw new SyntaxError(`${name}: ${baseNames.length} files in ${indexes.length} folders`)
  }
  // A folder's name counts for each of its files: little data can make much text.
  let length = 0
  return baseNames.map((base, index) => {
    const folder = folders[indexes[index]!]
    if (folder === undefined) {
      throw new SyntaxError(`${name}: a file in folder ${indexes[index]} of ${folders.length}`)
    }
    length += folder.length + base.length
    if (length > maxRpmTextLength)
      throw new SyntaxError(`${name}: file names of more than ${maxRpmTextLength} characters`)
    return folder + base
  })
}
