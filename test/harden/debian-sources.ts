import { readFile } from 'node:fs/promises'
import type { DebSource, MirrorReader } from '@sallyport/harden/patch'
import type { AptMirror } from './apt-mirror.ts'

/** The suites of a mirror, signed by Debian's own keys, read through `reader`. */
export async function debianSources(
  { suites }: AptMirror,
  reader: MirrorReader,
): Promise<readonly DebSource[]> {
  const keyring = await readFile('/usr/share/keyrings/debian-archive-keyring.gpg')
  return suites.map((suite) => ({ type: 'deb', mirror: reader, suite, components: ['main'], keyring }))
}
