import { describe, expect, it } from 'vitest'
import { PolicyError } from '../errors.ts'
import { parsePolicy } from './parse-policy.ts'
import { testKinds } from './test-kinds.fixture.ts'

const head = `version: 1
tiers:
  base:
    thresholds:
      - { name: none, max: 0 }
      - { name: some, severity: [high], max: 5 }
`
const child = `${head}  prod:
    extends: base
`
const threshold = (fields: string) => `${head}      - { name: x, max: 1, ${fields} }\n`

function refusalOf(text: string): PolicyError {
  try {
    parsePolicy(text, { source: 'gate.yaml', kinds: testKinds })
  } catch (error) {
    if (error instanceof PolicyError) return error
    throw error
  }
  throw new Error('the document was accepted')
}

/** What is wrong, the text, and each line of the message, from its position on. */
const malformed: readonly (readonly [title: string, text: string, ...messages: string[]])[] = [
  ['an empty file', '', '1:1 expected a mapping, not nothing'],
  ['text that is no document', 'hello', '1:1 expected a mapping, not text'],
  ['a list', '- version: 1', '1:1 expected a mapping, not a list'],
  [
    'broken YAML',
    'version: [1\n',
    '2:1 Flow sequence in block collection must be sufficiently indented and end with a ]',
  ],
  ['a tab as indentation', 'version: 1\ntiers:\n\tprod: {}\n', '3:1 Tabs are not allowed as indentation'],
  ['no version', head.replace('version: 1\n', ''), '1:1 version: Invalid input: expected 1'],
  ['another version', head.replace('version: 1', 'version: 2'), '1:10 version: Invalid input: expected 1'],
  [
    'a version in quotes',
    head.replace('version: 1', 'version: "1"'),
    '1:10 version: Invalid input: expected 1',
  ],
  ['an unknown field of the document', `${head}teirs: {}\n`, '7:1 teirs: unknown field "teirs"'],
  [
    'waivers in the policy',
    `${head}waivers: []\n`,
    '7:10 waivers: moved: waivers stand in files of their own',
  ],
  ['a key twice', `${head}version: 1\n`, '7:1 Map keys must be unique: a second "version"'],
  ['no tiers', 'version: 1\n', '1:1 tiers: missing; expected a mapping'],
  ['an empty map of tiers', 'version: 1\ntiers: {}\n', '2:8 tiers: a policy needs at least one tier'],
  [
    'a tier with a name that none may have',
    'version: 1\ntiers:\n  Prod: { thresholds: [{ name: a, max: 0 }] }\n',
    '3:3 tiers.Prod: expected the name of a tier: lower-case letters, digits and "-", at most 32',
  ],
  [
    'a tier of the name __proto__',
    'version: 1\ntiers:\n  __proto__: { thresholds: [{ name: a, max: 0 }] }\n',
    '3:14 tiers.__proto__: no field may have this name',
  ],
  [
    'a tier that is a list',
    'version: 1\ntiers:\n  prod: []\n',
    '3:9 tiers.prod: expected a mapping, not a list',
  ],
  [
    'a tier that says nothing',
    'version: 1\ntiers:\n  prod:\n',
    '3:8 tiers.prod: expected a mapping, not nothing',
  ],
  [
    'a tier without rules',
    'version: 1\ntiers:\n  prod: { mode: enforce }\n',
    '3:9 tiers.prod: a tier needs at least one threshold, requirement or rule',
  ],
  [
    'a tier with an empty list of rules',
    'version: 1\ntiers:\n  prod:\n    thresholds: []\n',
    '4:5 tiers.prod: a tier needs at least one threshold, requirement or rule',
  ],
  [
    'an unknown field of a tier',
    `${head}    treshholds: []\n`,
    '7:5 tiers.base.treshholds: unknown field "treshholds"',
  ],
  [
    'the old field for the age of data',
    `${head}    maxDataAge: 48h\n`,
    '7:17 tiers.base.maxDataAge: moved: write `preconditions: { dataAge: { atMost: 48h } }`',
  ],
  [
    'an unknown mode',
    `${head}    mode: strict\n`,
    '7:11 tiers.base.mode: Invalid option: expected one of "off"|"audit"|"warn"|"enforce"',
  ],
  [
    'a parent that does not exist',
    `${head}  prod: { extends: stage }\n`,
    '7:20 tiers.prod.extends: no tier is named "stage"',
  ],
  [
    'a parent that is a word of the language',
    `${head}  prod: { extends: constructor }\n`,
    '7:20 tiers.prod.extends: no tier is named "constructor"',
  ],
  [
    'a tier that extends itself',
    `${head}  prod:\n    extends: prod\n`,
    '8:14 tiers.prod.extends: it extends itself: prod → prod',
  ],
  [
    'tiers that extend each other',
    `${head}  a: { extends: b }\n  b: { extends: c }\n  c: { extends: a }\n`,
    '7:17 tiers.a.extends: it extends itself: a → b → c → a',
    '8:17 tiers.b.extends: it extends itself: b → c → a → b',
    '9:17 tiers.c.extends: it extends itself: c → a → b → c',
  ],
  [
    'an unknown field of a rule',
    threshold('severty: [high]'),
    '7:28 tiers.base.thresholds[2].severty: unknown field "severty"',
  ],
  [
    'two unknown fields of a rule',
    threshold('severty: [high], maximum: 1'),
    '7:28 tiers.base.thresholds[2].severty: unknown field "severty"',
    '7:45 tiers.base.thresholds[2].maximum: unknown field "maximum"',
  ],
  [
    'an unknown value',
    threshold('severity: [high, catastrophic]'),
    '7:45 tiers.base.thresholds[2].severity[1]: Invalid option: expected one of "low"|"high"|"critical"',
  ],
  [
    'a negative limit',
    threshold('max: -1').replace('max: 1, ', ''),
    '7:25 tiers.base.thresholds[2].max: Too small: expected number to be >=0',
  ],
  [
    'a limit that is no whole number',
    threshold('max: 1.5').replace('max: 1, ', ''),
    '7:25 tiers.base.thresholds[2].max: expected a whole number',
  ],
  [
    'a limit in quotes',
    threshold('max: "0"').replace('max: 1, ', ''),
    '7:25 tiers.base.thresholds[2].max: expected a number, not text',
  ],
  [
    'a limit beyond all reason',
    threshold('max: 1000001').replace('max: 1, ', ''),
    '7:25 tiers.base.thresholds[2].max: Too big: expected number to be <=1000000',
  ],
  [
    'a rule without limit',
    `${head}      - { name: x }\n`,
    '7:9 tiers.base.thresholds[2].max: missing; expected a number',
  ],
  [
    'a rule without name',
    `${head}      - { max: 1 }\n`,
    '7:9 tiers.base.thresholds[2].name: missing; expected text',
  ],
  [
    'a name of nothing',
    `${head}      - { name: " ", max: 1 }\n`,
    '7:17 tiers.base.thresholds[2].name: expected one line of text',
  ],
  [
    'a name of two lines',
    `${head}      - { name: "a\\nb", max: 1 }\n`,
    '7:17 tiers.base.thresholds[2].name: expected one line of text',
  ],
  [
    'a rule that is a word',
    `${head}      - critical\n`,
    '7:9 tiers.base.thresholds[2]: expected a mapping with a name',
  ],
  [
    'two rules of one name',
    `${head}      - { name: none, max: 1 }\n`,
    '7:17 tiers.base.thresholds[2].name: a second threshold named "none"',
  ],
  [
    'two rules of one name in other sections',
    `${head}    rules: [{ name: none, expression: signed }]\n`,
    '7:21 tiers.base.rules[0].name: a second rule named "none"',
  ],
  [
    'a rule of the name of a precondition',
    `${head}      - { name: freshness, max: 1 }\n`,
    '7:17 tiers.base.thresholds[2].name: a precondition has the name "freshness" already',
  ],
  [
    'an unknown mode of a rule',
    threshold('mode: strict'),
    '7:34 tiers.base.thresholds[2].mode: Invalid option: expected one of "off"|"audit"|"warn"|"enforce"',
  ],
  [
    'a day that does not exist',
    threshold('enforceFrom: 2027-02-29'),
    '7:41 tiers.base.thresholds[2].enforceFrom: expected a date such as 2027-03-31, or a time with its zone such as 2027-03-31T12:00:00Z, that exists',
  ],
  [
    'a time without zone',
    threshold('enforceFrom: 2027-02-28T12:00:00'),
    '7:41 tiers.base.thresholds[2].enforceFrom: expected a date such as 2027-03-31, or a time with its zone such as 2027-03-31T12:00:00Z, that exists',
  ],
  [
    'an hour that does not exist',
    threshold('enforceFrom: 2027-02-28T24:00:00Z'),
    '7:41 tiers.base.thresholds[2].enforceFrom: expected a date such as 2027-03-31, or a time with its zone such as 2027-03-31T12:00:00Z, that exists',
  ],
  [
    'a date in another order',
    threshold('enforceFrom: 28.02.2027'),
    '7:41 tiers.base.thresholds[2].enforceFrom: expected a date such as 2027-03-31, or a time with its zone such as 2027-03-31T12:00:00Z, that exists',
  ],
  [
    'a time to enforce of a rule that never does',
    threshold('enforceFrom: 2027-01-01, mode: audit'),
    '7:41 tiers.base.thresholds[2].enforceFrom: a rule of mode audit never enforces',
  ],
  [
    'a rule for nothing',
    threshold('appliesTo: []'),
    '7:39 tiers.base.thresholds[2].appliesTo: Too small: expected array to have >=1 items',
  ],
  [
    'a reason that is no text',
    threshold('loosen: true'),
    '7:36 tiers.base.thresholds[2].loosen: expected the reason, as text',
  ],
  [
    'a reason for nothing',
    threshold('loosen: because'),
    '7:28 tiers.base.thresholds[2].loosen: nothing here is looser than what is inherited; leave it out',
  ],
  [
    'an unknown precondition',
    `${head}    preconditions: { fresh: {} }\n`,
    '7:22 tiers.base.preconditions.fresh: no precondition is named "fresh"; there are: freshness',
  ],
  [
    'a precondition with a name',
    `${head}    preconditions: { freshness: { name: f } }\n`,
    '7:35 tiers.base.preconditions.freshness.name: unknown field "name"',
  ],
  [
    'a precondition without fields',
    `${head}    preconditions: { freshness: }\n`,
    '7:33 tiers.base.preconditions.freshness: expected a mapping of fields; `{}` is one without any',
  ],
  [
    'an unknown requirement',
    `${head}    requirements: { sbom: {} }\n`,
    '7:21 tiers.base.requirements.sbom: no requirement is named "sbom"; there are: labels, signed',
  ],
  [
    'a requirement that is a word',
    `${head}    requirements: { signed: required }\n`,
    '7:29 tiers.base.requirements.signed: expected a mapping of fields, or a list of them, each with a name',
  ],
  [
    'a requirement without what it needs',
    `${head}    requirements: { labels: {} }\n`,
    '7:29 tiers.base.requirements.labels.names: missing; expected a list',
  ],
  [
    'requirements without names',
    `${head}    requirements: { labels: [{ names: [a] }] }\n`,
    '7:29 tiers.base.requirements.labels: expected a mapping of fields, or a list of them, each with a name',
  ],
  [
    'a duration without unit',
    `${head}    waivers: { maxLifetime: 90 }\n`,
    '7:29 tiers.base.waivers.maxLifetime: expected text, not a number',
  ],
  [
    'a duration of months',
    `${head}    waivers: { maxLifetime: 3M }\n`,
    '7:29 tiers.base.waivers.maxLifetime: expected a duration such as 90m, 48h, 7d or 2w',
  ],
  [
    'a negative duration',
    `${head}    waivers: { maxLifetime: -3d }\n`,
    '7:29 tiers.base.waivers.maxLifetime: expected a duration such as 90m, 48h, 7d or 2w',
  ],
  [
    'an unknown field of the terms of waivers',
    `${head}    waivers: { maxLifeTime: 90d }\n`,
    '7:16 tiers.base.waivers.maxLifeTime: unknown field "maxLifeTime"',
  ],
  [
    'an unknown field of break-glass',
    `${head}    breakGlass: { allow: true }\n`,
    '7:19 tiers.base.breakGlass.allow: unknown field "allow"',
  ],
  [
    'a window that ends before it starts',
    `${head}    freeze: [{ name: f, from: 2027-01-02, until: 2027-01-01, reason: r }]\n`,
    '7:50 tiers.base.freeze[0].until: it ends before it starts',
  ],
  [
    'a window without end',
    `${head}    freeze: [{ name: f, from: 2027-01-02, reason: r }]\n`,
    '7:14 tiers.base.freeze[0].until: missing; expected text',
  ],
  [
    'two windows of one name',
    `${head}    freeze:\n${'      - { name: f, from: 2027-01-01, until: 2027-01-02, reason: r }\n'.repeat(2)}`,
    '9:17 tiers.base.freeze[1].name: a second window named "f"',
  ],
  [
    'a gap that is no code',
    `${head}    accept: [{ gap: database, images: "*", reason: r }]\n`,
    '7:21 tiers.base.accept[0].gap: expected the code of a gap, e.g. DATABASE_MISSING',
  ],
  [
    'a gap without reason',
    `${head}    accept: [{ gap: NO_PACKAGES, images: "*" }]\n`,
    '7:14 tiers.base.accept[0].reason: missing; expected text',
  ],
  [
    'a rule that a child may not write so',
    `${child}    thresholds: [{ name: some, severity: high }]\n`,
    '9:42 tiers.prod.thresholds[0].severity: expected a list, not text',
  ],
  [
    'a name that the parent gave to another section',
    `${child}    rules: [{ name: none, expression: signed }]\n`,
    '9:21 tiers.prod.rules[0].name: a threshold has the name "none" already',
  ],
  [
    'a fault of a parent, told once',
    `${head.replace('max: 5', 'max: five')}  prod:\n    extends: base\n    thresholds: [{ name: some, max: 1 }]\n`,
    '6:46 tiers.base.thresholds[1].max: expected a number, not text',
  ],
]

describe('a malformed policy', () => {
  it.each(malformed)('with %s is refused', (_title, text, ...messages) => {
    const { code, message, issues } = refusalOf(text)
    expect(code).toBe('POLICY_INVALID')
    expect(message.split('\n')).toEqual(messages.map((line) => `gate.yaml:${line}`))
    expect(issues).toHaveLength(messages.length)
  })
})
