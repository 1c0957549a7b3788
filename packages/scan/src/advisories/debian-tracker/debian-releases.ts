/** Debian's releases by code name. */
const numbers: Readonly<Record<string, string>> = {
  woody: '3.0',
  sarge: '3.1',
  etch: '4.0',
  lenny: '5.0',
  squeeze: '6.0',
  wheezy: '7',
  jessie: '8',
  stretch: '9',
  buster: '10',
  bullseye: '11',
  bookworm: '12',
  trixie: '13',
  forky: '14',
  duke: '15',
}

/** OSV's name for a release of Debian: `bookworm` → `Debian:12`; `undefined` for `sid` and names not known. */
export function debianEcosystem(release: string): string | undefined {
  return Object.hasOwn(numbers, release) ? `Debian:${numbers[release]}` : undefined
}

/** Releases that records are made for unless the caller names others: those with any support in 2026. */
export const defaultDebianReleases: readonly string[] = ['buster', 'bullseye', 'bookworm', 'trixie']
