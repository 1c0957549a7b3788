import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import type { Digest } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { aContext, aPackage, facts } from '../rules/rule-context.fixture.ts'
import type { RuleContext } from '../rules/rule-kind.ts'
import { loadRego, type LoadRegoOptions } from './load-rego.ts'
import type { RegoRule } from './rego-rule-kind.ts'

const read = (name: string) =>
  gunzipSync(readFileSync(new URL(`__fixtures__/${name}.wasm.gz`, import.meta.url)))
const deny = read('deny')
const wasm: Digest = `sha256:${createHash('sha256').update(deny).digest('hex')}`

async function judge(
  rule: Partial<RegoRule>,
  context: RuleContext = aContext(),
  options: LoadRegoOptions = {},
) {
  const kind = await loadRego([deny], options)
  const settings = { name: 'rego', mode: 'enforce' } as const
  return kind.evaluate(
    { wasm, entrypoint: 'sallyport/deny', gives: 'denials', ...settings, ...rule },
    context,
  )
}

const clean = aContext({ inventory: { ...facts.inventory, packages: [] } })

describe('loadRego', () => {
  it('each element of a set of denials breaks the rule', async () => {
    const root = aContext({ configuration: { ...facts.configuration!, user: '0' } })
    expect(await judge({}, root)).toMatchObject({
      outcome: 'broken',
      code: 'rego-denied',
      actual: 2,
      offenders: ['pkg:npm/left-pad@1.3.0 is not welcome', 'runs as root'],
    })
  })

  it('an empty set holds', async () => {
    expect(await judge({}, clean)).toMatchObject({ outcome: 'holds' })
  })

  it('a boolean says whether the image may pass', async () => {
    const allow = { entrypoint: 'sallyport/allow', gives: 'allowed' } as const
    expect(await judge(allow, clean)).toMatchObject({ outcome: 'holds' })
    expect(await judge(allow)).toMatchObject({ outcome: 'broken' })
  })

  it.each([
    [
      'what is undefined',
      { entrypoint: 'sallyport/undefined_unless_dev', gives: 'allowed' },
      'rego-undefined',
    ],
    ['a set where a boolean is expected', { gives: 'allowed' }, 'rego-error'],
    ['a boolean where a set is expected', { entrypoint: 'sallyport/allow' }, 'rego-error'],
    ['an entrypoint that there is not', { entrypoint: 'sallyport/nope' }, 'rego-error'],
    ['a module that is not loaded', { wasm: `sha256:${'0'.repeat(64)}` }, 'rego-error'],
  ] as const)('%s is an error', async (_, rule, code) => {
    expect(await judge(rule)).toMatchObject({ outcome: 'error', code })
  })

  it('a module that fills its memory is an error, and the next evaluation is none the wiser', async () => {
    const kind = await loadRego([deny], { maxMemoryBytes: 2 * 1024 * 1024 })
    const rule = { wasm, gives: 'denials', name: 'rego', mode: 'enforce' } as const
    expect(kind.evaluate({ ...rule, entrypoint: 'sallyport/grows' }, clean)).toMatchObject({
      outcome: 'error',
      code: 'rego-error',
    })
    expect(kind.evaluate({ ...rule, entrypoint: 'sallyport/deny' }, clean)).toMatchObject({
      outcome: 'holds',
    })
  })

  it('an input above the limit is an error', async () => {
    expect(await judge({}, aContext(), { maxInputBytes: 100 })).toMatchObject({ outcome: 'error' })
  })

  it('an input that outgrows the memory is an error', async () => {
    const packages = Array.from({ length: 10_000 }, (_, at) => aPackage(`pkg:npm/p${at}@1`))
    const big = aContext({ inventory: { ...facts.inventory, packages } })
    expect(await judge({}, big, { maxMemoryBytes: 1024 * 1024 })).toMatchObject({ outcome: 'error' })
    expect(await judge({}, big)).toMatchObject({ outcome: 'holds' })
  })

  it.each([
    ['reaches out', read('reach'), 'http.send'],
    ['runs patterns in the JavaScript engine', read('re'), 'regex.split'],
    ['is no wasm', new Uint8Array([1, 2, 3]), 'sha256:'],
    ['is another wasm', new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]), 'sha256:'],
  ])('refuses a module that %s', async (_, module, message) => {
    await expect(loadRego([module])).rejects.toMatchObject({
      name: 'PolicyError',
      code: 'POLICY_INVALID',
      message: expect.stringContaining(message) as string,
    })
  })

  it('refuses a module that is too large', async () => {
    await expect(loadRego([new Uint8Array(17 * 1024 * 1024)])).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
  })

  it.each([
    [{ wasm, entrypoint: 'sallyport/deny', gives: 'denials' }, true],
    [{ wasm: `sha256:${'0'.repeat(64)}`, entrypoint: 'sallyport/deny', gives: 'denials' }, false],
    [{ wasm, entrypoint: 'sallyport/nope', gives: 'denials' }, false],
    [{ wasm, entrypoint: 'sallyport/deny' }, false],
    [{ wasm, entrypoint: 'sallyport/deny', gives: 'denials', extra: 1 }, false],
  ])('a document may name %o: %s', async (rule, fine) => {
    expect((await loadRego([deny])).schema.safeParse(rule).success).toBe(fine)
  })

  it('another module is looser, for nobody can tell', async () => {
    const { loosened } = await loadRego([deny])
    const rule: RegoRule = { wasm, entrypoint: 'sallyport/deny', gives: 'denials' }
    expect(loosened(rule, rule)).toEqual([])
    expect(loosened(rule, { ...rule, entrypoint: 'sallyport/allow' })).toEqual([
      { path: ['entrypoint'], was: 'sallyport/deny' },
    ])
  })
})
