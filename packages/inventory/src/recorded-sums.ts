/** What a package database says a file's content hashes to. */
export interface RecordedSum {
  /** The hash; `sha256-160` is the first 160 bits of SHA-256, which apk records of packages in its format 3. */
  readonly algorithm: 'md5' | 'sha1' | 'sha256' | 'sha256-160'
  /** Lower-case hexadecimal. */
  readonly value: string
}

/** What a database says of a file: its sum, or that it was no regular file, or a sum that is not computed here. */
export type FileRecord = RecordedSum | 'no-file' | 'unknown-hash'

/** What a content is hashed with for this sum, and how much of the hash counts, in hexadecimal digits. */
export function hashOfSum({ algorithm }: RecordedSum): {
  readonly name: 'md5' | 'sha1' | 'sha256'
  readonly digits: number
} {
  if (algorithm === 'sha256-160') return { name: 'sha256', digits: 40 }
  return { name: algorithm, digits: { md5: 32, sha1: 40, sha256: 64 }[algorithm] }
}

/** Sums of a package's files by the path that its record writes: a `.md5sums` of dpkg. */
export function parseMd5sums(text: string): ReadonlyMap<string, RecordedSum> {
  const sums = new Map<string, RecordedSum>()
  for (const [, value, path] of text.matchAll(/^([0-9a-f]{32}) [ *](?:\.?\/)?(.+)$/gm))
    sums.set(`/${path}`, { algorithm: 'md5', value: value! })
  return sums
}

/**
 * The same of all packages of apk's database, by name: `P:` package, `f:` its marks, `F:` folder, `R:` file, `Z:` its sum
 * (apk-tools, `database.c`).
 */
export function parseApkSums(text: string): ReadonlyMap<string, ReadonlyMap<string, RecordedSum>> {
  const packages = new Map<string, Map<string, RecordedSum>>()
  let sums = new Map<string, RecordedSum>()
  let [folder, file] = ['', '']
  let isCut = false
  for (const line of text.split('\n')) {
    const value = line.slice(2)
    if (line === '') isCut = false
    else if (line.startsWith('P:')) packages.set(value, (sums = new Map<string, RecordedSum>()))
    else if (line.startsWith('f:')) isCut = value.includes('S')
    else if (line.startsWith('F:')) folder = value
    else if (line.startsWith('R:')) file = value
    else if (line.startsWith('Z:')) {
      const sum = parseApkSum(value, isCut)
      if (sum) sums.set(`/${folder === '' ? '' : `${folder}/`}${file}`, sum)
    }
  }
  return packages
}

/** `Q1` and 160 bits in base64, or `Q2` and 256; others are too old to be met. */
function parseApkSum(text: string, isCut: boolean): RecordedSum | undefined {
  const bytes = Buffer.from(text.slice(2), 'base64')
  const value = bytes.toString('hex')
  if (text.startsWith('Q1') && bytes.length === 20) {
    return { algorithm: isCut ? 'sha256-160' : 'sha1', value }
  }
  return text.startsWith('Q2') && bytes.length === 32 ? { algorithm: 'sha256', value } : undefined
}
