import { z } from 'zod'
import { ScanError } from '../errors.ts'
import { withExtension } from './advisory-extension.ts'
import type { OsvRecord } from './osv.schema.ts'
import { spanOf, toRanges, type VersionSpan } from './version-spans.ts'

const text = z.string().max(8192)

const schema = z.object({
  title: text.nullish(),
  link: text.nullish(),
  cve: text.nullish(),
  reference: z.string().regex(/^composer:\/\/\S+$/),
  branches: z.record(z.string(), z.object({ versions: z.array(text).min(1).max(100) })),
})

/**
 * Turns a record of FriendsOfPHP/security-advisories, parsed from its YAML or JSON, into an OSV record. Records without
 * a CVE get the path of their file as id: `FRIENDSOFPHP-doctrine/cache/2015-08-31`.
 *
 * @throws {ScanError} `ADVISORIES_INVALID` naming `source` and what is wrong; also for a version that cannot be read.
 */
export function parseFriendsOfPhp(value: unknown, path: string, source: string): OsvRecord {
  const result = schema.safeParse(value)
  if (!result.success) {
    const problem = z.prettifyError(result.error).split('\n').slice(0, 3).join(' ').slice(0, 300)
    throw new ScanError('ADVISORIES_INVALID', `${source}: ${problem}`)
  }
  const { title, link, cve, reference, branches } = result.data
  const spans = Object.values(branches).map(({ versions }): VersionSpan => {
    const span = spanOf('composer', versions)
    if (span !== undefined) return span
    throw new ScanError('ADVISORIES_INVALID', `${source}: not versions: ${versions.join(' ').slice(0, 80)}`)
  })
  const { ranges, except } = toRanges('composer', spans)
  return {
    id: `FRIENDSOFPHP-${path.replace(/\.yaml$/, '')}`.slice(0, 256),
    aliases: /^CVE-\d{4}-\d{4,}$/.test(cve ?? '') ? [cve ?? ''] : [],
    ...(title == null ? {} : { summary: title }),
    ...(link == null ? {} : { references: [{ type: 'WEB', url: link }] }),
    affected: [
      {
        package: { ecosystem: 'Packagist', name: reference.slice('composer://'.length) },
        ranges: [...ranges],
        ...(except.length === 0 ? {} : { ecosystem_specific: withExtension({ except }) }),
      },
    ],
  }
}
