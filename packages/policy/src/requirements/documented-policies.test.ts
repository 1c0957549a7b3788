import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { builtinKinds } from '../document/builtin-kinds.ts'
import { parsePolicy } from '../document/parse-policy.ts'
import { loadRego } from '../rego/load-rego.ts'
import { aContext } from '../rules/rule-context.fixture.ts'
import { requirementKinds } from './requirement-kinds.ts'

const reference = readFileSync(new URL('../../../../docs/policy.md', import.meta.url), 'utf8')
const exampleOf = (section: string) => {
  const [, after = ''] = reference.split(`\n## ${section}\n`)
  return /```yaml\n([^]*?)```/.exec(after)?.[1] ?? ''
}
const parse = (text: string) => parsePolicy(text, { source: 'policy.md' })
const rulesOf = (text: string) => parse(text).tiers.get('prod')!.rules
const deny = gunzipSync(readFileSync(new URL('../rego/__fixtures__/deny.wasm.gz', import.meta.url)))
const digest = `sha256:${createHash('sha256').update(deny).digest('hex')}`

describe('the reference of policies', () => {
  it('shows every kind of requirement', () => {
    const shown = new Set(rulesOf(exampleOf('Requirements')).map(({ kind }) => kind))
    expect(Object.keys(requirementKinds).filter((kind) => !shown.has(kind))).toEqual([])
  })

  it('shows rules in CEL that can be asked', () => {
    const outcomes = rulesOf(exampleOf('Rules in CEL'))
      .filter(({ kind }) => kind !== 'precondition')
      .map(({ name, evaluate }) => [name, evaluate(aContext()).outcome])
    expect(outcomes).toEqual([
      ['config', 'holds'],
      ['exploited ones at once', 'holds'],
      ['internal images come from the mirror', 'skipped'],
    ])
  })

  it('shows how a module in Rego is named', async () => {
    const text = exampleOf('Rego').replace(/sha256:0+/, digest)
    const kinds = {
      ...builtinKinds,
      requirements: { ...builtinKinds.requirements, rego: await loadRego([deny]) },
    }
    const policy = parsePolicy(text, { source: 'policy.md', kinds })
    const rule = policy.tiers.get('prod')!.rules.find(({ kind }) => kind === 'rego')!
    expect(rule.evaluate(aContext())).toMatchObject({ outcome: 'broken', code: 'rego-denied' })
    expect(() => parse(text)).toThrow(/no requirement is named "rego"/)
  })
})

describe('when', () => {
  const tiers = (parent: string, child: string) => `
version: 1
tiers:
  base: { requirements: { config: { user: non-root${parent} } } }
  prod: { extends: base, requirements: { config: { shell: forbid${child} } } }
`
  const when = `, when: 'image.tag == "1.4"'`

  it.each([
    ['', when, true],
    [when, when, false],
    [when, '', false],
    [when, `, when: 'image.tag == "1.5"'`, true],
  ])('after %j, %j is looser: %s', (parent, child, looser) => {
    const read = () => parse(tiers(parent, child))
    if (looser) expect(read).toThrow(/when/)
    else expect(read).not.toThrow()
  })

  it('is checked when the policy is read', () => {
    expect(() => parse(tiers('', ', when: image.nope'))).toThrow(/CEL: 1:7 No such key: nope/)
  })
})
