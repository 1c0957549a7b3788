import { z } from 'zod'
import { ScanError } from '../errors.ts'
import { withExtension } from './advisory-extension.ts'
import type { OsvAffected, OsvRecord } from './osv.schema.ts'
import { spanOf, toRanges } from './version-spans.ts'

const text = z.string().max(8192)

const schema = z.object({
  data: z.object({
    securityVulnerabilities: z.object({
      edges: z
        .array(
          z.object({
            node: z.object({
              advisory: z.object({
                identifiers: z.array(z.object({ type: text, value: text })).max(100),
                summary: text.nullish(),
                severity: text.nullish(),
                publishedAt: z.iso.datetime({ offset: true }).nullish(),
                withdrawnAt: z.iso.datetime({ offset: true }).nullish(),
              }),
              package: z.object({ name: text.min(1) }),
              vulnerableVersionRange: text,
            }),
          }),
        )
        .max(100_000),
    }),
  }),
})

/** OSV's ecosystems that GitHub has advisories for, by the type of a package. */
const ecosystems: Readonly<Record<string, string>> = {
  npm: 'npm',
  pypi: 'PyPI',
  golang: 'Go',
  maven: 'Maven',
  gem: 'RubyGems',
  cargo: 'crates.io',
  nuget: 'NuGet',
  composer: 'Packagist',
}

/**
 * Turns an answer of GitHub's GraphQL query `securityVulnerabilities` of one ecosystem, named by package type (`npm`,
 * `gem` …), into records, one an advisory.
 *
 * @throws {ScanError} `ADVISORIES_INVALID` naming `source` and what is wrong; also for a range that cannot be read.
 */
export function parseGhsaGraphql(value: unknown, type: string, source: string): readonly OsvRecord[] {
  const ecosystem = Object.hasOwn(ecosystems, type) ? ecosystems[type] : undefined
  if (ecosystem === undefined)
    throw new ScanError('OPTIONS_INVALID', `no ecosystem of GitHub’s is named ${type}`)
  const result = schema.safeParse(value)
  if (!result.success) {
    const problem = z.prettifyError(result.error).split('\n').slice(0, 3).join(' ').slice(0, 300)
    throw new ScanError('ADVISORIES_INVALID', `${source}: ${problem}`)
  }
  const records = new Map<string, OsvRecord & { affected: OsvAffected[] }>()
  for (const { node } of result.data.data.securityVulnerabilities.edges) {
    const { identifiers, summary, severity, publishedAt, withdrawnAt } = node.advisory
    const ids = identifiers.map((each) => each.value)
    const id = ids.find((each) => each.startsWith('GHSA-'))
    const span = spanOf(type, node.vulnerableVersionRange.split(','))
    if (id === undefined || span === undefined) {
      const range = JSON.stringify(node.vulnerableVersionRange.slice(0, 80))
      throw new ScanError('ADVISORIES_INVALID', `${source}: no GHSA id, or no range of versions: ${range}`)
    }
    const record = records.get(id) ?? {
      id,
      aliases: ids.filter((each) => each !== id),
      published: publishedAt ?? undefined,
      withdrawn: withdrawnAt ?? undefined,
      summary: summary ?? undefined,
      ...(severity == null ? {} : { database_specific: { severity } }),
      affected: [],
    }
    records.set(id, record)
    const { ranges, except } = toRanges(type, [span])
    record.affected.push({
      package: { ecosystem, name: node.package.name },
      ranges: [...ranges],
      ...(except.length === 0 ? {} : { ecosystem_specific: withExtension({ except }) }),
    })
  }
  return [...records.values()]
}
