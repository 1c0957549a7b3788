import { createHash } from 'node:crypto'
import { normalizePackageName } from '../advisories/advisory-index.ts'

/** The key of a package. The ecosystem has no NUL in it (the builder sees to that). */
export function packageKey(ecosystem: string, name: string): string {
  return `${ecosystem}\0${normalizePackageName(ecosystem, name)}`
}

/** The key of a record: its place in the order of the file. */
export function recordKey(ordinal: number): Buffer {
  const key = Buffer.allocUnsafe(4)
  key.writeUInt32BE(ordinal)
  return key
}

/** Orders strings as their UTF-8 bytes are ordered. */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length)
  for (let index = 0; index < length; index++) {
    const x = a.charCodeAt(index)
    const y = b.charCodeAt(index)
    if (x !== y) return rankOf(x) - rankOf(y)
  }
  return a.length - b.length
}

/** Halves of characters beyond U+FFFF come after all others, as four bytes do after three. */
function rankOf(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit
}

const probed = [
  'npm,PyPI,Go,crates.io,Maven,RubyGems,NuGet,Packagist,Hex,Pub,CRAN,Hackage,SwiftURL,ConanCenter,GitHub Actions',
  'Debian:12,Alpine:v3.20,Ubuntu:22.04:LTS,Red Hat,Rocky Linux:9,AlmaLinux:9,SUSE,openSUSE,Wolfi,Chainguard,Bitnami',
].flatMap((names) => names.split(','))

/**
 * Names the way in which package names are normalised. A database built with another one would answer "no advisories"
 * for packages that it has under another name.
 */
export function nameForm(): string {
  const samples = probed.map((ecosystem) => packageKey(ecosystem, ' @Scope/A_b.-C--d:E~1'))
  return createHash('sha256').update(samples.join('\n')).digest('hex').slice(0, 32)
}
