import type { IgnoreRule, TrustedVex } from '@sallyport/scan'
import { describe, expect, it } from 'vitest'
import type { AuditTerms, PresentTerms } from '../audit-terms.ts'
import { policyOf, scannerFor } from '../classify/evidence-lab.fixture.ts'
import { createTermsKeys } from './terms-key.ts'

const policy = policyOf()
const termsOf = (present: Partial<PresentTerms> = {}): AuditTerms => ({
  tier: 'prod',
  signers: { keys: ['a key'] },
  decision: false,
  present: { policy, scanners: [scannerFor('hello')], ...present },
})
const keyOf = (terms: AuditTerms | undefined) => createTermsKeys(undefined)(terms)
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
    const others: AuditTerms[] = [
      termsOf(),
      { ...termsOf(), tier: 'test' },
      { ...termsOf(), present: undefined },
      termsOf({ policy: policyOf('    thresholds: [{ name: all, severity: low, max: 0 }]') }),
      termsOf({ vex: [vexOf('affected')] }),
      termsOf({ vex: [vexOf('not_affected')] }),
      termsOf({ ignore: [{ owner: 'a', rules: [ruleOf('2026-01-01')] }] }),
      termsOf({ ignore: [{ owner: 'a', rules: [ruleOf('2027-01-01')] }] }),
      termsOf({ ignore: [{ owner: 'b', rules: [ruleOf('2027-01-01')] }] }),
    ]
    const keys = await Promise.all(others.map(keyOf))
    expect(new Set(keys.map(({ terms }) => terms)).size).toBe(others.length)
    expect(new Set(keys.map(({ full }) => full)).size).toBe(others.length)
  })
})
