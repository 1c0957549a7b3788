import { describe, expect, it } from 'vitest'
import { PolicyError } from '../errors.ts'
import { parsePolicy } from './parse-policy.ts'

const minimal = `version: 1
tiers:
  prod:
    thresholds:
      - { name: none critical, severity: critical, max: 0 }
`

function refusal(text: string): PolicyError {
  try {
    parsePolicy(text, { source: 'gate.yaml' })
  } catch (error) {
    if (error instanceof PolicyError) return error
    throw error
  }
  throw new Error('the document was accepted')
}

describe('parsePolicy', () => {
  it('reads tiers, thresholds, waivers and durations', () => {
    const policy = parsePolicy(
      `${minimal}      - { name: few high, severity: [high], fix: fixed, usage: [linked, possible], max: 5 }
    maxDataAge: 48h
    accept:
      - { gap: DATABASE_MISSING, images: 'prod.example/static/*', reason: a static binary has no packages }
waivers:
  - id: W-1
    vulnerability: CVE-2023-45853
    package: pkg:deb/debian/zlib1g
    reason: minizip is not built
    owner: platform
    expires: 2027-01-31
    tiers: [prod]
`,
      { source: 'gate.yaml' },
    )
    expect(policy.digest).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(policy.tiers.get('prod')).toEqual({
      thresholds: [
        { name: 'none critical', severity: ['critical'], max: 0 },
        { name: 'few high', severity: ['high'], fix: ['fixed'], usage: ['linked', 'possible'], max: 5 },
      ],
      maxDataAgeMs: 48 * 3_600_000,
      acceptedGaps: [
        {
          code: 'DATABASE_MISSING',
          images: 'prod.example/static/*',
          reason: 'a static binary has no packages',
        },
      ],
    })
    expect(policy.waivers).toMatchObject([{ id: 'W-1', package: 'pkg:deb/debian/zlib1g', tiers: ['prod'] }])
  })

  it.each([
    ['a misspelt field', `${minimal}      - { name: x, severty: high, max: 1 }\n`, 6, /severty/],
    [
      'an unknown severity',
      minimal.replace('severity: critical', 'severity: catastrophic'),
      5,
      /severity.*"critical"/,
    ],
    ['a negative limit', minimal.replace('max: 0', 'max: -1'), 5, /max/],
    ['a missing version', minimal.replace('version: 1\n', ''), 1, /version/],
    [
      'a tier without thresholds',
      'version: 1\ntiers:\n  prod:\n    thresholds: []\n',
      4,
      /at least one threshold/,
    ],
    ['no tier', 'version: 1\ntiers: {}\n', 2, /at least one tier/],
    ['a duplicate key', `${minimal}version: 1\n`, 6, /unique/],
    ['broken YAML', 'version: [1\n', 2, /./],
    ['text that is no document', 'hello', 1, /./],
    ['an empty file', '', 1, /./],
    [
      'a date that does not exist',
      `${minimal}waivers:\n  - { id: W, vulnerability: CVE-2023-45853, package: 'pkg:deb/debian/zlib1g', reason: r, owner: o, expires: 2027-02-30 }\n`,
      7,
      /ISO 8601/,
    ],
    [
      'a waiver for no purl',
      `${minimal}waivers:\n  - { id: W, vulnerability: CVE-2023-45853, package: zlib1g, reason: r, owner: o, expires: 2027-02-01 }\n`,
      7,
      /purl/,
    ],
    [
      'a waiver without expiry',
      `${minimal}waivers:\n  - { id: W, vulnerability: CVE-2023-45853, package: 'pkg:deb/debian/zlib1g', reason: r, owner: o }\n`,
      7,
      /expires/,
    ],
    [
      'a waiver for an unknown tier',
      `${minimal}waivers:\n  - { id: W, vulnerability: CVE-2023-45853, package: 'pkg:deb/debian/zlib1g', reason: r, owner: o, expires: 2027-02-01, tiers: [stage] }\n`,
      7,
      /no tier is named "stage"/,
    ],
    [
      'two thresholds of one name',
      `${minimal}      - { name: none critical, severity: high, max: 1 }\n`,
      6,
      /second threshold/,
    ],
  ])('refuses %s with its line', (_title, text, line, message) => {
    const error = refusal(text)
    expect(error.code).toBe('POLICY_INVALID')
    expect(error.message).toMatch(message)
    expect(error.issues[0]).toMatchObject({ line })
    expect(error.issues[0]!.column).toBeGreaterThan(0)
  })

  it('refuses an alias bomb', () => {
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      ...Array.from('bcdefgh', (name, index) => {
        const previous = 'abcdefgh'[index]!
        return `${name}: &${name} [${Array(9).fill(`*${previous}`).join(', ')}]`
      }),
    ].join('\n')
    expect(refusal(bomb).code).toBe('POLICY_INVALID')
  })

  it('refuses a document above its size limit', () => {
    expect(refusal(`# ${'x'.repeat(1024 * 1024)}`).code).toBe('LIMIT_EXCEEDED')
  })
})
