import { spdxOrUnknown } from '../spdx-expression.ts'

/**
 * Short names that Fedora and its relatives used before they took those of SPDX, where one licence of SPDX is meant
 * and no other (Fedora, "License: field, old callaway abbreviations"). `LGPLv2`, `BSD`, `Artistic` and `Python` may be
 * several.
 */
const oldNames: ReadonlyMap<string, string> = new Map([
  ['AGPLv3', 'AGPL-3.0-only'],
  ['AGPLv3+', 'AGPL-3.0-or-later'],
  ['ASL 1.0', 'Apache-1.0'],
  ['ASL 1.1', 'Apache-1.1'],
  ['ASL 2.0', 'Apache-2.0'],
  ['Artistic 2.0', 'Artistic-2.0'],
  ['Boost', 'BSL-1.0'],
  ['CC0', 'CC0-1.0'],
  ['CPL', 'CPL-1.0'],
  ['EPL', 'EPL-1.0'],
  ['GPL+', 'GPL-1.0-or-later'],
  ['GPLv1', 'GPL-1.0-only'],
  ['GPLv2', 'GPL-2.0-only'],
  ['GPLv2+', 'GPL-2.0-or-later'],
  ['GPLv3', 'GPL-3.0-only'],
  ['GPLv3+', 'GPL-3.0-or-later'],
  ['LGPLv3', 'LGPL-3.0-only'],
  ['LGPLv3+', 'LGPL-3.0-or-later'],
  ['MPLv1.0', 'MPL-1.0'],
  ['MPLv1.1', 'MPL-1.1'],
  ['MPLv2.0', 'MPL-2.0'],
  ['zlib', 'Zlib'],
])

/**
 * The licence of an rpm package as an SPDX expression: the tag as it stands where it is one, or with each old short
 * name of it replaced; `NOASSERTION` as soon as one name is not surely known.
 */
export function rpmLicense(tag: string | undefined): string {
  const text = tag?.trim() ?? ''
  const asIs = spdxOrUnknown(text)
  if (asIs !== 'NOASSERTION' || text.length > 500) return asIs
  // `and`, `or` and brackets stand between the names, which may hold blanks.
  const parts = text.split(/(\(|\)|\s+(?:and|or|AND|OR)\s+)/).map((part) => part.trim())
  const translated = parts.map((part) => {
    if (/^(?:and|or)$/i.test(part)) return part.toUpperCase()
    return oldNames.get(part) ?? part
  })
  return spdxOrUnknown(translated.filter((part) => part !== '').join(' '))
}
