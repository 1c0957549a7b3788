import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { distroSupport, distroSupportState } from './distro-support.ts'
import { supportTables } from './support-tables.ts'

describe('distroSupport', () => {
  it.each<[string, { id: string; versionId?: string; prettyName?: string }, string[] | undefined]>([
    ['Debian 12, with LTS', { id: 'debian', versionId: '12' }, ['2026-07-11', '2028-06-30']],
    ['Debian by its point release', { id: 'debian', versionId: '11.9' }, ['2024-08-14', '2026-08-31']],
    ['Debian 3.1 and not 3.0', { id: 'debian', versionId: '3.1' }, ['2008-03-31']],
    ['Ubuntu 24.04, with ESM', { id: 'ubuntu', versionId: '24.04' }, ['2029-05-31', '2034-04-25']],
    ['Alpine 3.20.3', { id: 'alpine', versionId: '3.20.3' }, ['2026-04-01']],
    ['Red Hat 9.4', { id: 'rhel', versionId: '9.4' }, ['2032-05-31', '2036-05-31']],
    ['CentOS Linux 8', { id: 'centos', versionId: '8', prettyName: 'CentOS Linux 8' }, ['2021-12-31']],
    ['CentOS Stream 8', { id: 'centos', versionId: '8', prettyName: 'CentOS Stream 8' }, ['2024-05-31']],
    ['CentOS 10, which is Stream', { id: 'centos', versionId: '10' }, ['2030-01-01']],
    ['SLES 15 without a service pack', { id: 'sles', versionId: '15' }, ['2019-12-31', '2022-12-31']],
    ['SLES 15 with an unknown service pack', { id: 'sles', versionId: '15.99' }, undefined],
    ['the first Amazon Linux', { id: 'amzn', versionId: '2018.03' }, ['2023-12-31']],
    ['Debian unstable', { id: 'debian' }, undefined],
    ['Alpine edge', { id: 'alpine', versionId: '3.99_alpha20260101' }, undefined],
    ['an unknown distribution', { id: 'mystery', versionId: '1' }, undefined],
  ])('knows %s', (_title, distro, dates) => {
    const support = distroSupport(distro)
    expect(support && [support.endsOn, support.extendedEndsOn].filter(Boolean)).toEqual(dates)
  })

  it('has valid dates in order, a source, and each release once', () => {
    for (const { source, releases } of supportTables) {
      expect(source).not.toBe('')
      expect(new Set(releases.map(([release]) => release)).size).toBe(releases.length)
      for (const [, endsOn, extendedEndsOn] of releases) {
        for (const date of [endsOn, extendedEndsOn ?? endsOn]) {
          expect(new Date(date).toISOString().slice(0, 10)).toBe(date)
        }
        expect(endsOn < (extendedEndsOn ?? '9')).toBe(true)
      }
    }
  })
})

describe('distroSupportState', () => {
  it.each([
    ['before the last day', { id: 'debian', versionId: '12' }, '2026-07-10', 'supported'],
    ['on the last day', { id: 'debian', versionId: '12' }, '2026-07-11T23:59:59Z', 'supported'],
    ['after it, while an extension lasts', { id: 'debian', versionId: '12' }, '2026-07-12', 'extended'],
    ['after the extension', { id: 'debian', versionId: '12' }, '2028-07-01', 'ended'],
    ['after the last day without an extension', { id: 'alpine', versionId: '3.19.1' }, '2025-11-02', 'ended'],
    ['of a rolling distribution', { id: 'wolfi', versionId: '20230201' }, '2026-07-12', 'rolling'],
    ['of a release that is not in the table', { id: 'alpine', versionId: '9.9' }, '2026-07-12', 'unknown'],
  ])('tells the state %s', (_title, distro, now, state) => {
    expect(distroSupportState(distro, new Date(now))).toBe(state)
  })
})

const feeds = join(import.meta.dirname, '../../../../../shared/data/scan/feeds/distro-eol')

describe.skipIf(!existsSync(feeds))('supportTables (skipped without ../shared/data)', () => {
  it.each([
    ['debian', 'debian.csv', ['eol-lts']],
    ['ubuntu', 'ubuntu.csv', ['eol-esm']],
  ])('says of %s what %s says', (id, file, [extension]) => {
    const [head, ...lines] = readFileSync(join(feeds, file), 'utf8').trim().split('\n')
    const names = head!.split(',')
    const rows = lines
      .map((line) => new Map(line.split(',').map((cell, index) => [names[index]!, cell])))
      .filter((row) => row.get('eol'))
    expect(rows.length).toBeGreaterThan(10)
    for (const row of rows) {
      const versionId = row.get('version')!.replace(' LTS', '')
      const endsOn = [row.get('eol')!, row.get('eol-server') ?? ''].toSorted().at(-1)
      const extendedEndsOn = row.get(extension!) || undefined
      expect(distroSupport({ id, versionId })).toMatchObject({ endsOn, extendedEndsOn })
    }
  })
})
