import { isObject } from '../internal/is-object.ts'
import { parseJson } from '../internal/parse-json.ts'
import type { PackageChecksum } from '../inventory.ts'

/** Where a distribution came from that was not taken from an index by its name. */
export interface DirectUrl {
  /** `git+https://…@<commit>`, without credentials, when it came from version control. */
  readonly vcsUrl?: string | undefined
  /** Of the archive, when it came from one. */
  readonly checksums: readonly PackageChecksum[]
}

const hashText = /^(md5|sha1|sha256|sha512)=([0-9a-f]{32,128})$/

/**
 * Reads `direct_url.json` (PyPA specification, "Recording the direct URL origin").
 *
 * @throws {SyntaxError} when it is none.
 */
export function parseDirectUrl(text: string): DirectUrl {
  const value = parseJson(text)
  if (!isObject(value) || typeof value.url !== 'string')
    throw new SyntaxError('expected an object with a url')
  const { vcs_info: vcs, archive_info: archive } = value
  const checksums: PackageChecksum[] = []
  if (isObject(archive)) {
    const hashes = isObject(archive.hashes)
      ? Object.entries(archive.hashes).map(([name, hash]) => `${name}=${hash}`)
      : []
    if (typeof archive.hash === 'string' && !hashes.includes(archive.hash)) hashes.push(archive.hash)
    for (const hash of hashes) {
      const match = hashText.exec(hash)
      if (match) checksums.push({ algorithm: match[1] as PackageChecksum['algorithm'], value: match[2]! })
    }
  }
  return { vcsUrl: toVcsUrl(value.url, vcs), checksums }
}

function toVcsUrl(url: string, vcs: unknown): string | undefined {
  if (!isObject(vcs) || typeof vcs.vcs !== 'string' || typeof vcs.commit_id !== 'string') return undefined
  if (!/^[a-z]{2,10}$/.test(vcs.vcs) || !/^[\w.-]{1,100}$/.test(vcs.commit_id) || !URL.canParse(url))
    return undefined
  const parsed = new URL(url)
  parsed.username = ''
  parsed.password = ''
  return `${vcs.vcs}+${parsed.href}@${vcs.commit_id}`
}
