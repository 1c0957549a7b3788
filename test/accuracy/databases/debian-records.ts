import type { OsvRecord } from '@sallyport/scan'

/** Changelogs of Debian source packages, newest entry first. */
export type ChangelogEntries = Readonly<
  Record<
    string,
    {
      readonly entries: readonly {
        readonly source: string
        readonly version: string
        readonly cves: readonly string[]
        readonly date: string
      }[]
    }
  >
>

/**
 * Records of Debian 12 as OSV words them: one a CVE, fixed in the newest version whose changelog names it. Entries of
 * a package's former name are left out, since their versions are of another package.
 */
export function debianRecords(changelogs: ChangelogEntries): readonly OsvRecord[] {
  const fixes = new Map<string, { readonly source: string; readonly fixed: string; readonly date: Date }[]>()
  for (const [source, { entries }] of Object.entries(changelogs)) {
    const seen = new Set<string>()
    for (const entry of entries) {
      if (entry.source !== source) continue
      for (const cve of entry.cves) {
        if (seen.has(cve)) continue
        seen.add(cve)
        const list = fixes.get(cve) ?? []
        list.push({ source, fixed: entry.version, date: new Date(entry.date) })
        fixes.set(cve, list)
      }
    }
  }
  return [...fixes].map(([cve, list]) => ({
    schema_version: '1.7.0',
    id: `DEBIAN-${cve}`,
    modified: new Date(Math.max(...list.map(({ date }) => date.getTime()))).toISOString(),
    upstream: [cve],
    affected: list.map(({ source, fixed }) => ({
      package: { ecosystem: 'Debian:12', name: source },
      ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed }] }],
    })),
  }))
}
