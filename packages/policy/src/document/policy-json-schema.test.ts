import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { builtinKinds } from './builtin-kinds.ts'
import { waiversJsonSchema } from '../waivers/waivers-json-schema.ts'
import { policyJsonSchema } from './policy-json-schema.ts'

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false })
const validate = ajv.compile(policyJsonSchema())
const tier = (text: string) => ({ version: 1, tiers: { prod: parse(text) as unknown } })
const threshold = 'thresholds: [{ name: a, severity: critical, max: 0 }]'

describe('policyJsonSchema', () => {
  it.each([
    threshold,
    'thresholds: [{ name: a, severity: [high, critical], age: { since: fix, atLeast: 7d }, max: 0, mode: warn, remedy: r }]',
    'preconditions: { dataAge: { atMost: 48h, loosen: why }, scan: {} }',
    'rules: [{ name: r, expression: "true" }]',
    'accept: [{ gap: X, images: "*", reason: r }]',
    'waivers: { maxLifetime: 90d }\nbreakGlass: { allowed: true }\ntrace: { coverage: partial, loosen: why }',
    'freeze: [{ name: f, from: 2026-12-24, until: 2026-12-26, reason: r }]',
    'extends: base\nthresholds: [{ name: a, max: 0 }, { name: b, severity: high }]',
  ])('takes %s', (text) => {
    expect(validate(tier(text))).toBe(true)
  })

  it.each([
    `treshholds: []`,
    'mode: strict',
    'thresholds: [{ severity: critical, max: 0 }]',
    'thresholds: [{ name: a, severity: critical }]',
    'thresholds: [{ name: a, severty: critical, max: 0 }]',
    'thresholds: [{ name: a, severity: catastrophic, max: 0 }]',
    'thresholds: [{ name: a, max: -1 }]',
    'preconditions: { fresh: {} }',
    'preconditions: { dataAge: { max: 5d } }',
    'extends: base\nthresholds: [{ severity: high }]',
    'extends: base\nthresholds: [{ name: a, severty: high }]',
    'freeze: [{ name: f }]',
    'breakGlass: { allow: true }',
  ])('refuses %s', (text) => {
    expect(validate(tier(text))).toBe(false)
  })

  it('refuses what is no document', () => {
    expect(validate({ version: 2, tiers: {} })).toBe(false)
    expect(validate({ version: 1, tiers: {} })).toBe(false)
    expect(validate({ version: 1, tiers: { Prod: {} } })).toBe(false)
    expect(validate({ version: 1, tiers: { prod: {} }, waivers: [] })).toBe(false)
  })

  it('knows every kind, strictly', () => {
    const { tier: form } = policyJsonSchema().$defs as Record<string, { properties: Record<string, Form> }>
    const { preconditions, requirements } = form!.properties
    expect(Object.keys(preconditions!.properties)).toEqual(Object.keys(builtinKinds.preconditions))
    expect(Object.keys(requirements!.properties)).toEqual(Object.keys(builtinKinds.requirements))
    for (const [name, kind] of [
      ...Object.entries(builtinKinds.preconditions),
      ...Object.entries(builtinKinds.requirements),
      ['threshold', builtinKinds.threshold] as const,
      ['rule', builtinKinds.rule] as const,
    ]) {
      const refused = kind.schema.safeParse({ 'no kind has this field': 1 })
      expect(refused.success, name).toBe(false)
      expect(JSON.stringify(refused.error!.issues), name).toContain('no kind has this field')
    }
  })
})

describe('waiversJsonSchema', () => {
  const check = ajv.compile(waiversJsonSchema())
  const waiver = {
    id: 'W-1',
    vulnerability: 'CVE-2023-45853',
    scope: { package: 'pkg:deb/debian/zlib1g' },
    reason: 'minizip is not built',
    owner: 'platform',
    expires: '2027-01-31',
  }

  it('takes a file of waivers, and refuses unknown and missing fields', () => {
    expect(check({ version: 1, waivers: [waiver] })).toBe(true)
    expect(check({ version: 1, waivers: [{ ...waiver, expire: '2027-01-31' }] })).toBe(false)
    expect(check({ version: 1, waivers: [{ ...waiver, expires: undefined }] })).toBe(false)
  })
})

interface Form {
  readonly properties: Readonly<Record<string, unknown>>
}
