/** What a package database says a file's content hashes to. */
export interface RecordedSum {
  /** The hash. */
  readonly algorithm: 'md5' | 'sha1' | 'sha256'
  /** Lower-case hexadecimal. */
  readonly value: string
}

/** Sums of a package's files by the path that its record writes: a `.md5sums` of dpkg. */
export function parseMd5sums(text: string): ReadonlyMap<string, RecordedSum> {
  const sums = new Map<string, RecordedSum>()
  for (const [, value, path] of text.matchAll(/^([0-9a-f]{32}) [ *](?:\.?\/)?(.+)$/gm))
    sums.set(`/${path}`, { algorithm: 'md5', value: value! })
  return sums
}

/** The same of all packages of apk's database, by name: `P:` package, `F:` folder, `R:` file, `Z:` its sum (apk-tools, `database.c`). */
export function parseApkSums(text: string): ReadonlyMap<string, ReadonlyMap<string, RecordedSum>> {
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
