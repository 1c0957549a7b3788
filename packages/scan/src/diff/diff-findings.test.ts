import { describe, expect, it } from 'vitest'
import { findingOf } from '../internal/finding.fixture.ts'
import { diffFindings, type ScannedState } from './diff-findings.ts'

const perl = findingOf('CVE-2024-1', 'pkg:deb/debian/perl@5.36-1?arch=amd64', { aliases: ['GHSA-a'] })
const newer = findingOf('CVE-2024-1', 'pkg:deb/debian/perl@5.36-2?arch=amd64')
const state = (findings: ScannedState['findings'], packages = findings): ScannedState => ({
  findings,
  packages: packages.map((finding) => finding.package),
})

describe('diffFindings', () => {
  it.each([
    ['its package went', state([]), 'package-removed', false],
    ['its package has another version', state([], [newer]), 'package-changed', false],
    ['nothing explains it', state([], [perl]), 'unexplained', true],
  ] as const)('says of a finding that is gone that %s', (_, after, reason, suspicious) => {
    expect(diffFindings(state([perl]), after)).toEqual({
      added: [],
      gone: [{ finding: perl, reason }],
      changed: [],
      unchanged: 0,
      suspicious,
    })
  })

  it('does not take another architecture for the same package', () => {
    const other = findingOf('CVE-2024-1', 'pkg:deb/debian/perl@5.36-1?arch=i386')
    expect(diffFindings(state([perl]), state([other])).gone).toMatchObject([{ reason: 'package-removed' }])
  })

  it('does not take a package without an architecture for one that went', () => {
    const bare = findingOf('CVE-2024-1', 'pkg:deb/debian/perl@5.36-1')
    expect(diffFindings(state([bare]), state([], [perl])).gone).toMatchObject([{ reason: 'unexplained' }])
    expect(diffFindings(state([bare]), state([], [newer])).gone).toMatchObject([
      { reason: 'package-changed' },
    ])
  })

  it('does not take what one advisory bundles for the same vulnerability', () => {
    const one = { ...perl, aliases: ['DSA-1-1'] }
    const other = { ...perl, id: 'CVE-2024-2', aliases: ['DSA-1-1'] }
    expect(diffFindings(state([one]), state([other]))).toMatchObject({
      gone: [{ finding: one }],
      added: [{ finding: other }],
    })
  })

  it.each([
    ['comes with its package', state([]), 'package-added'],
    ['is newly known of a package that was there', state([], [perl]), 'newly-known'],
  ] as const)('says of a new finding that it %s', (_, before, reason) => {
    expect(diffFindings(before, state([perl])).added).toEqual([{ finding: perl, reason }])
  })

  it('knows a finding by any of its ids', () => {
    const renamed = findingOf('GHSA-a', perl.package.purl)
    expect(diffFindings(state([perl]), state([renamed]))).toMatchObject({
      added: [],
      gone: [],
      changed: [{ fields: ['id'] }],
    })
  })

  it('lists what changed, and counts what did not', () => {
    const changed = {
      ...perl,
      severity: 'low',
      fix: { state: 'fixed', versions: ['2'] },
      kev: { dateAdded: '2026-01-01' },
    } as const
    expect(diffFindings(state([perl]), state([changed])).changed).toMatchObject([
      { fields: ['severity', 'fix', 'kev'] },
    ])
    expect(diffFindings(state([perl]), state([perl]))).toMatchObject({
      changed: [],
      unchanged: 1,
      suspicious: false,
    })
  })
})
