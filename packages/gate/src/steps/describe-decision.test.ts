import { readFileSync } from 'node:fs'
import { digestOf, type Verdict } from '@sallyport/core'
import type { Decision } from '@sallyport/policy'
import { describe, expect, it } from 'vitest'
import { packageVersion } from '../package-version.ts'
import { describeDecision } from './describe-decision.ts'

const subject = digestOf('image')
const decision: Decision = {
  schema: 'https://sallyport.dev/schemas/decision/v1',
  verdict: 'pass',
  subject,
  destination: 'prod.example:5000/team/app:1',
  tier: 'pre-prod',
  policy: { source: 'gate.yaml', digest: digestOf('policy') },
  evaluatedAt: '2026-11-25T12:00:00.000Z',
  reasons: [],
  rules: [{ rule: 'critical', kind: 'threshold', mode: 'enforce', limit: 0, actual: 0, holds: true }],
  findings: [],
  waivers: [
    { id: 'W-1', state: 'applied', expires: '2027-01-01T00:00:00.000Z', owner: 'security', findings: 1 },
  ],
  inputs: {
    policy: { source: 'gate.yaml', digest: digestOf('policy') },
    waivers: [],
    scanners: [],
    evidence: [],
    packages: 1,
  },
}
const options = { verifierId: 'https://gate.example', evidence: [] }

describe('describeDecision', () => {
  it('says what passed, where it may go, under which policy, and on which evidence', () => {
    const piece = {
      store: 'bundle' as const,
      manifest: digestOf('m'),
      blob: digestOf('b'),
      payload: digestOf('p'),
    }
    const evidence = [{ subject, predicateType: 'https://cyclonedx.org/bom', keyId: 'k', pieces: [piece] }]
    const statement = describeDecision(subject, decision, { ...options, evidence })
    expect(statement).toMatchObject({
      subject: [{ name: 'prod.example:5000/team/app', digest: { sha256: subject.slice(7) } }],
      predicateType: 'https://slsa.dev/verification_summary/v1',
      predicate: {
        verifier: { id: 'https://gate.example', version: { '@sallyport/gate': packageVersion } },
        timeVerified: decision.evaluatedAt,
        resourceUri: 'pkg:oci/app?repository_url=prod.example%3A5000%2Fteam%2Fapp',
        policy: { uri: 'gate.yaml', digest: { sha256: digestOf('policy').slice(7) } },
        inputAttestations: [{ digest: { sha256: digestOf('b').slice(7) } }],
        verificationResult: 'PASSED',
        verifiedLevels: ['SALLYPORT_GATE_PRE_PROD'],
        slsaVersion: '1.1',
        'https://sallyport.dev/decision': { tier: 'pre-prod', waivers: decision.waivers },
      },
    })
  })

  it.each<Verdict>(['fail', 'error'])('refuses a decision that is %s', (verdict) => {
    expect(() => describeDecision(subject, { ...decision, verdict }, options)).toThrowError(TypeError)
  })
})

it('packageVersion is that of package.json', () => {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(text) as { readonly version: string }
  expect(packageVersion).toBe(version)
})
