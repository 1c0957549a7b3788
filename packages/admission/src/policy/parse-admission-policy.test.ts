import { generateSigningKey } from '@sallyport/attest'
import { describe, expect, it } from 'vitest'
import { defineAdmissionPolicy, parseAdmissionPolicy } from './parse-admission-policy.ts'

const key = generateSigningKey().publicKey
const good = {
  version: 1,
  signers: { release: { keys: [key] } },
  rules: [{ name: 'prod', require: { signature: { by: 'release' } } }],
}
const rule = (changes: object) => ({ ...good, rules: [{ ...good.rules[0], ...changes }] })
const parse = (document: object) =>
  parseAdmissionPolicy(JSON.stringify(document), { source: 'admission.yaml' })

describe('parseAdmissionPolicy', () => {
  it('reads YAML, and an object to the same policy', () => {
    const policy = parse(good)
    expect(defineAdmissionPolicy(good as never, { source: 'x' }).digest).toBe(policy.digest)
  })

  it.each<[string, object]>([
    ['an unknown field', { ...good, rule: [] }],
    ['an unknown field of a rule', rule({ modes: 'audit' })],
    ['no rule', { ...good, rules: [] }],
    ['a rule that asks for nothing', rule({ require: {} })],
    ['a rule that asks for nothing, from a registry', rule({ require: {}, registries: ['reg.example'] })],
    ['a rule whose evidence is null', rule({ require: null, registries: ['reg.example'] })],
    ['a rule without evidence or registry', rule({ require: undefined })],
    ['two rules of one name', { ...good, rules: [good.rules[0], good.rules[0]] }],
    ['a signer that nobody defines', rule({ require: { signature: { by: 'releases' } } })],
    ['a signer who is nobody', { ...good, signers: { release: {} } }],
    ['a key that is none', { ...good, signers: { release: { keys: ['x'] } } }],
    ['a threshold above the signers', rule({ require: { signature: { by: 'release', threshold: 2 } } })],
    ['a star in a host', rule({ match: { images: ['reg*.example/app'] } })],
    ['a host that ends in a star', rule({ match: { images: ['reg.example*'] } })],
    ['a match without a condition', rule({ match: {} })],
    ['a star among trusted registries', rule({ registries: ['reg.example/*'] })],
    ['an age that is none', rule({ require: { sbom: { by: 'release', maxAge: '30 days' } } })],
    [
      'an exemption of everything',
      { ...good, exemptions: [{ name: 'all', namespaces: ['*'], reason: 'x' }] },
    ],
    ['an exemption without a reason', { ...good, exemptions: [{ name: 'a', namespaces: ['a'] }] }],
    ['another version', { ...good, version: 2 }],
  ])('refuses %s', (_title, document) => {
    expect(() => parse(document)).toThrow(expect.objectContaining({ code: 'POLICY_INVALID' }))
  })

  it('reads a rule that only says from where', () => {
    expect(() => parse(rule({ require: undefined, registries: ['reg.example'] }))).not.toThrow()
  })

  it('says where the fault is', () => {
    const text = 'version: 1\nsigners: {}\nrules:\n  - name: a\n    requires: {}\n'
    expect(() => parseAdmissionPolicy(text, { source: 'admission.yaml' })).toThrow(
      /admission\.yaml:5:5 .*requires/,
    )
  })
})
