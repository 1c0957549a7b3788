import type { Environment, ParseResult } from '@marcbachmann/cel-js'
import { PolicyError } from '../errors.ts'
import { createActivation, createCelEnvironment, maxSteps, withBudget } from './cel-environment.ts'
import { ExpressionFault, meterExpression } from './meter-expression.ts'
import type { RuleContext, RuleResult } from './rule-kind.ts'

const maxLength = 4_000

/** A CEL expression that was checked. */
export interface Condition {
  /** The expression, as it was written. */
  readonly text: string
  /** Whether it holds, or why that can't be said. Never throws. */
  readonly ask: (context: RuleContext) => { readonly holds: boolean } | { readonly error: string }
}

type Compiled = { readonly condition: Condition } | { readonly fault: string }

let environment: Environment | undefined
const compiled = new Map<string, Compiled>()

/** What is wrong with an expression, and where in it, in words; `undefined` when nothing is. */
export function findConditionFault(text: string): string | undefined {
  const result = compile(text)
  return 'fault' in result ? result.fault : undefined
}

/**
 * Compiles and type-checks a CEL expression of type `bool`.
 *
 * @throws {PolicyError} `POLICY_INVALID` with line and column in the expression.
 */
export function compileCondition(text: string): Condition {
  const result = compile(text)
  if ('fault' in result) throw new PolicyError('POLICY_INVALID', `CEL: ${result.fault}`)
  return result.condition
}

/**
 * A rule that is asked only where `when` holds. Otherwise it is skipped, and says so; where `when` can't be answered, the
 * outcome is `error`.
 *
 * @throws {PolicyError} `POLICY_INVALID` as {@link compileCondition}.
 */
export function withCondition(
  when: string,
  evaluate: (context: RuleContext) => RuleResult,
): (context: RuleContext) => RuleResult {
  const condition = compileCondition(when)
  return (context) => {
    const answer = condition.ask(context)
    if ('error' in answer)
      return { outcome: 'error', code: 'condition-error', message: `whether it applies: ${answer.error}` }
    if (!answer.holds)
      return {
        outcome: 'skipped',
        code: 'not-applicable',
        message: `does not apply: ${oneLine(when)} is false`,
      }
    return evaluate(context)
  }
}

function compile(text: string): Compiled {
  const before = compiled.get(text)
  if (before) return before
  const result = compileNew(text)
  if (compiled.size >= 1_000) compiled.clear()
  compiled.set(text, result)
  return result
}

function compileNew(text: string): Compiled {
  if (text.length > maxLength) return { fault: `more than ${maxLength} characters` }
  environment ??= createCelEnvironment()
  try {
    const written = environment.parse(text)
    const fault = findTypeFault(written, text)
    if (fault) return { fault }
    const metered = environment.parse(meterExpression(written.ast))
    const internal = findTypeFault(metered, text)
    if (internal) return { fault: `can't be metered: ${internal}` }
    return { condition: { text, ask: (context) => ask(metered, context) } }
  } catch (error) {
    if (error instanceof ExpressionFault) return { fault: at(text, error.offset, error.message) }
    return { fault: describeError(error, text) }
  }
}

function findTypeFault(expression: ParseResult, text: string): string | undefined {
  const { valid, type, error } = expression.check()
  if (!valid) return describeError(error, text)
  return type === 'bool' ? undefined : at(text, 0, `expected an expression of type bool, this one is ${type}`)
}

function ask(expression: ParseResult, context: RuleContext): ReturnType<Condition['ask']> {
  try {
    const answer = withBudget((): unknown => expression(createActivation(context)))
    if ('exhausted' in answer) return { error: `needs more than ${maxSteps} steps` }
    if (typeof answer.value !== 'boolean') return { error: 'gives no bool' }
    return { holds: answer.value }
  } catch (error) {
    return { error: summarize(error) }
  }
}

function describeError(error: unknown, text: string): string {
  const range = (error as { readonly range?: { readonly start: number } } | undefined)?.range
  return range ? at(text, range.start, summarize(error)) : summarize(error)
}

function summarize(error: unknown): string {
  const { summary, message } = error as { readonly summary?: string; readonly message?: string }
  return oneLine(summary ?? message ?? 'unreadable')
}

function at(text: string, offset: number, message: string): string {
  const before = text.slice(0, offset).split('\n')
  return `${before.length}:${before.at(-1)!.length + 1} ${message}`
}

/** A text on one line, cut where it is long. */
export function oneLine(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim()
  return line.length > 300 ? `${line.slice(0, 300)}…` : line
}
