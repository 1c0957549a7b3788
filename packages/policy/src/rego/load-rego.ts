import type { RuleKind } from '../rules/rule-kind.ts'
import { compileRegoModule } from './rego-module.ts'
import { createRegoRuleKind, type RegoRule } from './rego-rule-kind.ts'

/** Options of {@link loadRego}. */
export interface LoadRegoOptions {
  /** Memory of one evaluation, in bytes; what needs more is an `error`. Default 256 MiB. */
  readonly maxMemoryBytes?: number | undefined
  /** Largest input, in bytes of JSON; a larger one is an `error`. Default 64 MiB. */
  readonly maxInputBytes?: number | undefined
}

/**
 * Compiles policies in Rego (wasm of `opa build -t wasm`) as a kind of rules for `parsePolicy`: documents name each by
 * its digest. Rego always ends, but nothing limits how long an evaluation takes: load only what is reviewed. `data` of a
 * bundle is not given to it.
 *
 * @throws {PolicyError} `POLICY_INVALID` when a module is none, or needs more of its host than `sprintf` and
 *   `json.is_valid`.
 * @throws {PolicyError} `LIMIT_EXCEEDED` for a module above 16 MiB.
 */
export async function loadRego(
  modules: readonly Uint8Array[],
  { maxMemoryBytes = 256 * 1024 * 1024, maxInputBytes = 64 * 1024 * 1024 }: LoadRegoOptions = {},
): Promise<RuleKind<RegoRule>> {
  const compiled = await Promise.all(modules.map((wasm) => compileRegoModule(wasm, maxMemoryBytes)))
  return createRegoRuleKind(compiled, maxInputBytes)
}
