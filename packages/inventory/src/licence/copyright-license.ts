import { parseStanzas } from '../dpkg/parse-stanzas.ts'
import { joinAll, synopsisLicenses } from './synopsis-license.ts'

/** More licences than these in one package are not told one by one. */
const maxLicenses = 60
const format = /copyright-format\/1\.0|\/dep\/?5/i

/**
 * The licence of a Debian package by its `copyright` file, as an SPDX expression: what the paragraphs on its files say,
 * all together. Only the machine-readable form tells it ("Machine-readable debian/copyright file", version 1.0). A
 * text in free form may point to a licence, but not that there is no other: `NOASSERTION`, as for each file in which
 * one paragraph is unclear.
 */
export function copyrightLicense(text: string): string {
  const licenses = new Set<string>()
  let isFirst = true
  for (const { fields, problem } of parseStanzas(text.replaceAll('\r\n', '\n'))) {
    if (isFirst && !format.test(fields.get('format') ?? fields.get('format-specification') ?? ''))
      return 'NOASSERTION'
    const isAboutFiles = fields.has('files')
    // Early drafts left out the field for all files.
    const isUnclear = problem !== undefined || (!isFirst && !isAboutFiles && fields.has('copyright'))
    if (isUnclear) return 'NOASSERTION'
    isFirst = false
    if (!isAboutFiles) continue
    const stated = synopsisLicenses((fields.get('license') ?? '').split('\n', 1)[0]!)
    if (stated === undefined) return 'NOASSERTION'
    for (const one of stated) licenses.add(one)
    if (licenses.size > maxLicenses) return 'NOASSERTION'
  }
  return licenses.size === 0 ? 'NOASSERTION' : joinAll([...licenses].sort())
}
