import type { Digest } from '@sallyport/core'
import * as z from 'zod'
import { describeInput } from '../rules/rule-input.ts'
import type { Loosening, RuleContext, RuleKind, RuleResult } from '../rules/rule-kind.ts'
import { broken, holds, unanswered } from '../rules/rule-result.ts'
import { describeThrown, type RegoModule } from './rego-module.ts'

/** A rule that a compiled policy in Rego answers. */
export interface RegoRule {
  /** Digest of the wasm, so that the digest of the policy document covers it. */
  readonly wasm: Digest
  /** As given to `opa build -e`, e.g. `sallyport/deny`. */
  readonly entrypoint: string
  /**
   * What the entrypoint gives. `denials`: a set of texts, or of objects with `msg`, each of which breaks the rule.
   * `allowed`: a boolean that says whether the image may pass. Anything else, and what is undefined, is an `error`.
   */
  readonly gives: 'denials' | 'allowed'
}

/** Rules over modules that were loaded before; a document that names another one is not read. */
export function createRegoRuleKind(
  modules: readonly RegoModule[],
  maxInputBytes: number,
): RuleKind<RegoRule> {
  const byDigest = new Map(modules.map((module) => [module.digest, module]))
  return {
    schema: z
      .strictObject({
        wasm: z
          .custom<Digest>((text) => typeof text === 'string' && /^sha256:[0-9a-f]{64}$/.test(text), {
            message: 'expected the sha256 digest of a module',
          })
          .refine((digest) => byDigest.has(digest), 'no module of this digest is loaded'),
        entrypoint: z.string().min(1).max(500),
        gives: z.enum(['denials', 'allowed']),
      })
      .superRefine(({ wasm, entrypoint }, context) => {
        const { entrypoints } = byDigest.get(wasm) ?? {}
        if (entrypoints && !entrypoints.includes(entrypoint))
          context.addIssue({
            code: 'custom',
            path: ['entrypoint'],
            message: `the module has ${entrypoints.join(', ')}`,
          })
      }),
    loosened: (parent, child): readonly Loosening[] =>
      (['wasm', 'entrypoint', 'gives'] as const)
        .filter((key) => parent[key] !== child[key])
        .map((key) => ({ path: [key], was: parent[key] })),
    evaluate({ wasm, entrypoint, gives }, context) {
      const module = byDigest.get(wasm)
      if (!module) return unanswered('rego-error', `no module ${wasm} is loaded`)
      const input = encodeInput(context)
      if (input.byteLength > maxInputBytes)
        return unanswered('rego-error', `an input of ${input.byteLength} bytes, at most ${maxInputBytes}`)
      try {
        return judge(module.evaluate(entrypoint, input), gives)
      } catch (error) {
        return unanswered('rego-error', describeThrown(error))
      }
    },
  }
}

const encoded = new WeakMap<RuleContext, ArrayBuffer>()

function encodeInput(context: RuleContext): ArrayBuffer {
  const before = encoded.get(context)
  if (before) return before
  const { buffer } = new TextEncoder().encode(JSON.stringify(describeInput(context)))
  encoded.set(context, buffer)
  return buffer
}

function judge(resultSet: unknown, gives: RegoRule['gives']): RuleResult {
  const [first, ...more] = Array.isArray(resultSet) ? (resultSet as readonly unknown[]) : []
  const result = (first as { readonly result?: unknown } | undefined)?.result
  if (result === undefined || more.length > 0) return unanswered('rego-undefined', 'its answer is undefined')
  if (gives === 'allowed') {
    if (result === true) return holds('allowed')
    return result === false
      ? broken('rego-denied', 'not allowed')
      : unanswered('rego-error', 'its answer is no boolean')
  }
  if (!Array.isArray(result)) return unanswered('rego-error', 'its answer is no set')
  const denials = (result as readonly unknown[]).map(readDenial)
  return denials.length === 0
    ? holds('no denials')
    : broken('rego-denied', `${denials.length} denials`, {
        limit: 0,
        actual: denials.length,
        offenders: denials,
      })
}

/** A denial in words; one in another form still denies. */
function readDenial(denial: unknown): string {
  const message = typeof denial === 'object' ? (denial as { readonly msg?: unknown } | null)?.msg : denial
  const text = typeof message === 'string' ? message : (JSON.stringify(denial) ?? 'denied')
  return text.length > 500 ? `${text.slice(0, 500)}…` : text
}
