import { readFile } from 'node:fs/promises'
import type { IgnoreRule, ScanData, Scanner, TrustedVex } from '@sallyport/scan'
import { describe, expect, it } from 'vitest'
import type { AuditTerms, PresentTerms } from '../audit-terms.ts'
import { policyOf, scannerFor } from '../classify/evidence-lab.fixture.ts'
import { packageVersion } from '../package-version.ts'
import { createTermsKeys } from './terms-key.ts'

const policy = policyOf()
const termsOf = (present: Partial<PresentTerms> = {}): AuditTerms => ({
  tier: 'prod',
  signers: { keys: ['a key'] },
  decision: false,
  present: { policy, scanners: [scannerFor('hello')], ...present },
})
const keyOf = (terms: AuditTerms | undefined, audit = 'audit') => createTermsKeys(audit, undefined)(terms)
const vexOf = (status: 'not_affected' | 'affected'): TrustedVex => ({
  source: 'vex.json',
  trustedAs: 'somebody',
  document: { format: 'openvex', statements: [{ vulnerabilities: ['CVE-1'], status, products: [] }] },
})
const ruleOf = (expires: string): IgnoreRule => ({
  source: 'x:1',
  name: 'CVE-1',
  expires,
  matches: () => true,
})

describe('createTermsKeys', () => {
  it('gives equal terms equal keys', async () => {
    expect(await keyOf(termsOf({ vex: [vexOf('affected')] }))).toEqual(
      await keyOf(termsOf({ vex: [vexOf('affected')] })),
    )
    expect(await keyOf(undefined)).toEqual({ terms: 'skipped', full: 'skipped' })
  })

  it('gives terms that judge otherwise other keys', async () => {
    const settled = (settings: Scanner['settings']) =>
      termsOf({ scanners: [{ ...scannerFor('hello'), settings }] })
    const others: AuditTerms[] = [
      termsOf(),
      settled({ maxDataAgeMs: 1 }),
      settled({ maxDataAgeMs: 2 }),
      { ...termsOf(), tier: 'test' },
      { ...termsOf(), present: undefined },
      termsOf({ policy: policyOf('    thresholds: [{ name: all, severity: low, max: 0 }]') }),
      termsOf({ vex: [vexOf('affected')] }),
      termsOf({ vex: [vexOf('not_affected')] }),
      termsOf({ ignore: [{ owner: 'a', rules: [ruleOf('2026-01-01')] }] }),
      termsOf({ ignore: [{ owner: 'a', rules: [ruleOf('2027-01-01')] }] }),
      termsOf({ ignore: [{ owner: 'b', rules: [ruleOf('2027-01-01')] }] }),
    ]
    const keys = await Promise.all(others.map((each) => keyOf(each)))
    expect(new Set(keys.map(({ terms }) => terms)).size).toBe(others.length)
    expect(new Set(keys.map(({ full }) => full)).size).toBe(others.length)
  })

  const scannerOf = (currentData: Scanner['currentData']): Scanner => {
    const { name, scan } = scannerFor('hello')
    return { name, scan, ...(currentData && { currentData }) }
  }
  const fullOf = async (scanner: Scanner, audit: string): Promise<string> =>
    (await keyOf(termsOf({ scanners: [scanner] }), audit)).full

  it.each<[string, readonly ScanData[]]>([
    ['a digest', [{ name: 'db', digest: `sha256:${'1'.repeat(64)}` }]],
    ['a time', [{ name: 'db', updatedAt: '2026-01-01T00:00:00Z' }]],
  ])('lets another audit use what was found with data that %s names', async (_, data) => {
    const scanner = scannerOf(async () => data)
    expect(await fullOf(scanner, 'one')).toBe(await fullOf(scanner, 'other'))
  })

  it.each<[string, Scanner['currentData']]>([
    ['a scanner that tells none', undefined],
    ['a scanner that can not tell them', async () => undefined],
    ['a scanner that fails to tell them', () => Promise.reject(new Error('no database'))],
    ['a scanner without data', async () => []],
    ['a scanner that names them and no more', async () => [{ name: 'db' }]],
    [
      'a scanner that dates some of them',
      async () => [{ name: 'a', updatedAt: '2026-01-01' }, { name: 'b' }],
    ],
  ])('lets no other audit use what was found with data of %s', async (_, currentData) => {
    const scanner = scannerOf(currentData)
    expect(await fullOf(scanner, 'one')).toBe(await fullOf(scanner, 'one'))
    expect(await fullOf(scanner, 'one')).not.toBe(await fullOf(scanner, 'other'))
  })
})

it('packageVersion is that of package.json', async () => {
  const text = await readFile(new URL('../../package.json', import.meta.url), 'utf8')
  expect(packageVersion).toBe((JSON.parse(text) as { version: string }).version)
})
