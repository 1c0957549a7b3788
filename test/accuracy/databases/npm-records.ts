import type { OsvAffected, OsvRange, OsvRecord } from '@sallyport/scan'

/** What GitHub's GraphQL interface answers about vulnerabilities of one ecosystem. */
export interface GithubAnswer {
  readonly data: {
    readonly securityVulnerabilities: {
      readonly edges: readonly {
        readonly node: {
          readonly advisory: {
            readonly identifiers: readonly { readonly type: string; readonly value: string }[]
            readonly summary: string
            readonly severity: string
            readonly publishedAt: string
          }
          readonly package: { readonly name: string }
          readonly vulnerableVersionRange: string
        }
      }[]
    }
  }
}

/** OSV records of npm: one an advisory, with all packages and ranges that the answer has of it. */
export function npmRecords({ data }: GithubAnswer): readonly OsvRecord[] {
  const records = new Map<string, OsvRecord & { affected: OsvAffected[] }>()
  for (const { node } of data.securityVulnerabilities.edges) {
    const { advisory } = node
    const ids = advisory.identifiers.map(({ value }) => value)
    const id = ids.find((value) => value.startsWith('GHSA-'))
    if (id === undefined) throw new Error(`an advisory without a GHSA id: ${advisory.summary}`)
    const record = records.get(id) ?? {
      schema_version: '1.7.0',
      id,
      modified: advisory.publishedAt,
      published: advisory.publishedAt,
      aliases: ids.filter((value) => value !== id),
      summary: advisory.summary,
      affected: [],
      database_specific: { severity: advisory.severity },
    }
    records.set(id, record)
    record.affected.push({
      package: { ecosystem: 'npm', name: node.package.name },
      ...toSpan(node.vulnerableVersionRange),
    })
  }
  return [...records.values()]
}

/** `>= 1.0, < 2.0` as events; `= 1.0` as a version. */
function toSpan(text: string): Pick<OsvAffected, 'ranges' | 'versions'> {
  let introduced = '0'
  let end: OsvRange['events'] = []
  for (const part of text.split(',')) {
    const [, operator, version = ''] = /^\s*(=|>=|>|<=|<)\s*(\S+)\s*$/.exec(part) ?? []
    if (operator === '=') return { versions: [version] }
    if (operator === '>=') introduced = version
    else if (operator === '>') introduced = nextPatch(version)
    else if (operator === '<') end = [{ fixed: version }]
    else if (operator === '<=') end = [{ last_affected: version }]
    else throw new Error(`not a range of GitHub: ${text}`)
  }
  return { ranges: [{ type: 'SEMVER', events: [{ introduced }, ...end] }] }
}

/** OSV has no exclusive start, so `> 1.2.3` starts at `1.2.4`, as in GitHub's own OSV records. */
function nextPatch(version: string): string {
  const [, start, patch] = /^(\d+\.\d+\.)(\d+)$/.exec(version) ?? []
  if (start === undefined) throw new Error(`no plain version to start after: ${version}`)
  return `${start}${Number(patch) + 1}`
}
