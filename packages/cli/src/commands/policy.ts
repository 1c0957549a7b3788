import { formatCount } from '@sallyport/core'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Decision, Policy } from '@sallyport/policy'
import { z } from 'zod'
import type { CommandModule, CommandResult, RunContext } from '../command.ts'
import { paint, printableLines } from '../output/format.ts'
import { decisionSchema, digestSchema, verdictSchema } from '../output/schemas.ts'
import { codeDecisionReports, writeDecisionReports } from '../parts/decision-reports.ts'
import { chooseTier, codePolicy, codeTier, codeWaivers, readPolicy } from '../parts/policy.ts'
import { readFile, unreadable } from '../parts/read-file.ts'
import { literal, Program } from '../program/program.ts'

type CodeContext = Pick<RunContext, 'arguments' | 'settings'>

const read = async (path: string, signal: AbortSignal) => (await readFile(path, { signal })).toString('utf8')

async function parse(path: string, signal: AbortSignal): Promise<Policy> {
  const { parsePolicy } = await import('@sallyport/policy')
  return parsePolicy(await readFile(path, { signal }), { source: path })
}

/** `sallyport policy check`. */
export const policyCheck: CommandModule = {
  schema: z.strictObject({
    files: z.array(
      z.strictObject({
        file: z.string(),
        kind: z.enum(['policy', 'waivers']),
        valid: z.boolean(),
        digest: digestSchema.optional(),
        tiers: z.array(z.string()).optional(),
        waivers: z.int().optional(),
        issues: z.array(
          z.strictObject({ line: z.int(), column: z.int(), path: z.string(), message: z.string() }),
        ),
      }),
    ),
  }),
  async run({ settings, signal, screen: { isColored } }): Promise<CommandResult> {
    const { parsePolicy, parseWaivers, PolicyError } = await import('@sallyport/policy')
    const check = async (file: string, kind: 'policy' | 'waivers') => {
      const bytes = await readFile(file, { signal })
      try {
        if (kind === 'policy') {
          const { digest, tiers } = parsePolicy(bytes, { source: file })
          return { file, kind, valid: true, digest, tiers: [...tiers.keys()], issues: [] }
        }
        const { digest, waivers } = parseWaivers(bytes, { source: file })
        return { file, kind, valid: true, digest, waivers: waivers.length, issues: [] }
      } catch (error) {
        if (!(error instanceof PolicyError) || error.code !== 'POLICY_INVALID') throw error
        const { issues, message } = error
        return {
          file,
          kind,
          valid: false,
          issues:
            issues.length > 0
              ? issues.map((one) => ({ ...one }))
              : [{ line: 0, column: 0, path: '', message }],
        }
      }
    }
    const files = await Promise.all([
      check(settings.required('policy'), 'policy'),
      ...settings.list('waivers').map((file) => check(file, 'waivers')),
    ])
    const lines = files.flatMap(({ file, valid, issues, tiers, waivers }) =>
      valid
        ? [
            `${paint(isColored, 'green', 'valid')}  ${file}: ${tiers ? `tiers ${tiers.join(', ')}` : formatCount(waivers ?? 0, 'waiver')}`,
          ]
        : issues.map(
            ({ line, column, message }) =>
              `${paint(isColored, 'red', 'invalid')}  ${file}:${line}:${column}: ${message}`,
          ),
    )
    return {
      verdict: files.every(({ valid }) => valid) ? 'pass' : 'fail',
      text: lines.join('\n'),
      result: { files },
    }
  },
  code({ settings }: CodeContext) {
    const program = new Program()
    program.line(
      `const policy = ${codePolicy(program, settings)}`,
      `const waivers = ${codeWaivers(program, settings)}`,
    )
    return program.line(`console.log([...policy.tiers.keys()].join(', '), waivers.length)`)
  },
}

/** `sallyport policy test`. */
export const policyTest: CommandModule = {
  schema: z.strictObject({
    policy: z.string(),
    passed: z.int(),
    failed: z.int(),
    cases: z.array(
      z.strictObject({
        name: z.string(),
        tier: z.string(),
        passed: z.boolean(),
        differences: z.array(z.strictObject({ what: z.string(), expected: z.string(), actual: z.string() })),
      }),
    ),
    neverBroken: z.array(z.string()).describe('Rules that no case breaks.'),
  }),
  async run(context): Promise<CommandResult> {
    const { settings, signal } = context
    const [file = ''] = context.arguments
    const { parsePolicyCases, renderPolicyCases, runPolicyCases } = await import('@sallyport/policy/cases')
    const policy = await readPolicy(context)
    const report = runPolicyCases(policy, parsePolicyCases(await read(file, signal), { source: file }))
    const { passed, failed, results, coverage } = report
    return {
      // A table without a case tests nothing.
      verdict: failed === 0 && passed > 0 ? 'pass' : 'fail',
      text: renderPolicyCases(report),
      result: {
        policy: settings.required('policy'),
        passed,
        failed,
        cases: results.map(({ name, tier, passed: isPassed, differences }) => ({
          name,
          tier,
          passed: isPassed,
          differences: differences.map((one) => ({ ...one })),
        })),
        neverBroken: coverage.neverBroken.map(({ tier, rule }) => `${tier}: ${rule}`),
      },
    }
  },
  code({ arguments: [file = ''], settings }: CodeContext) {
    const program = new Program()
    program.use('@sallyport/policy/cases', 'parsePolicyCases', 'renderPolicyCases', 'runPolicyCases')
    return program.line(
      `const policy = ${codePolicy(program, settings)}`,
      `const cases = parsePolicyCases(await readFile(${literal(file)}, 'utf8'), { source: ${literal(file)} })`,
      'const report = runPolicyCases(policy, cases)',
      'console.log(renderPolicyCases(report))',
      'process.exitCode = report.failed === 0 && report.passed > 0 ? 0 : 1',
    )
  },
}

/** `sallyport policy explain`. */
export const policyExplain: CommandModule = {
  schema: z.strictObject({
    verdict: verdictSchema.describe('That of the decision; the command itself passes.'),
    decision: decisionSchema,
  }),
  async run(context): Promise<CommandResult> {
    const [file = ''] = context.arguments
    const [{ explain }, { parseDecision }] = await Promise.all([
      import('@sallyport/policy'),
      import('@sallyport/policy/report'),
    ])
    const decision: Decision = parseDecision(await read(file, context.signal), { source: file })
    await writeDecisionReports(decision, context)
    return {
      verdict: 'pass',
      text: explain(decision, { color: context.screen.isColored }),
      result: { verdict: decision.verdict, decision },
    }
  },
  code({ arguments: [file = ''], settings }: CodeContext) {
    const program = new Program()
    program.use('node:fs/promises', 'readFile').use('@sallyport/policy', 'explain')
    program.use('@sallyport/policy/report', 'parseDecision')
    program.line(
      `const decision = parseDecision(await readFile(${literal(file)}, 'utf8'), { source: ${literal(file)} })`,
      'console.log(explain(decision))',
    )
    codeDecisionReports(program, settings)
    return program
  },
}

/** `sallyport policy diff`. */
export const policyDiff: CommandModule = {
  schema: z.strictObject({
    compared: z.int(),
    unchanged: z.int(),
    looser: z.int().describe('Decisions that did not pass and would.'),
    changes: z.array(
      z.strictObject({
        destination: z.string(),
        subject: digestSchema,
        tier: z.string(),
        kind: z.enum(['looser', 'tighter', 'other', 'same']),
        before: z.string(),
        after: z.string(),
      }),
    ),
  }),
  async run(context): Promise<CommandResult> {
    const { settings, signal } = context
    const [before = '', after = ''] = context.arguments
    const folder = settings.required('facts')
    const { diffPolicies, parseFacts, renderPolicyDiff } = await import('@sallyport/policy/cases')
    const names = await readdir(folder).catch((cause: unknown) => {
      throw unreadable(folder, cause)
    })
    const stored = await Promise.all(
      names
        .filter((name) => name.endsWith('.json'))
        .toSorted()
        .map(async (name) => parseFacts(await read(join(folder, name), signal), { source: name })),
    )
    const diff = diffPolicies(await parse(before, signal), await parse(after, signal), stored)
    const looser = diff.changes.filter(({ kind }) => kind === 'looser').length
    return {
      verdict: looser > 0 ? 'fail' : 'pass',
      text: renderPolicyDiff(diff),
      result: {
        compared: diff.compared,
        unchanged: diff.unchanged,
        looser,
        changes: diff.changes.map(({ destination, subject, tier, kind, before: old, after: fresh }) => ({
          destination,
          subject,
          tier,
          kind,
          before: old.verdict,
          after: fresh.verdict,
        })),
      },
    }
  },
  code({ arguments: [before = '', after = ''], settings }: CodeContext) {
    const program = new Program()
    const folder = literal(settings.required('facts'))
    program.use('node:fs/promises', 'readdir', 'readFile').use('node:path', 'join')
    program.use('@sallyport/policy', 'parsePolicy')
    program.use('@sallyport/policy/cases', 'diffPolicies', 'parseFacts', 'renderPolicyDiff')
    return program.line(
      `const policyOf = async (source: string) => parsePolicy(await readFile(source, 'utf8'), { source })`,
      `const files = (await readdir(${folder})).filter((name) => name.endsWith('.json')).toSorted()`,
      `const facts = files.map(async (source) => parseFacts(await readFile(join(${folder}, source), 'utf8'), { source }))`,
      `const diff = diffPolicies(await policyOf(${literal(before)}), await policyOf(${literal(after)}), await Promise.all(facts))`,
      'console.log(renderPolicyDiff(diff))',
      `process.exitCode = diff.changes.some(({ kind }) => kind === 'looser') ? 1 : 0`,
    )
  },
}

/** `sallyport policy effective`. */
export const policyEffective: CommandModule = {
  schema: z.strictObject({
    tier: z.string(),
    policy: z.string(),
    values: z
      .record(z.string(), z.unknown())
      .describe('As `describeTier` of `@sallyport/policy` gives them.'),
  }),
  async run(context): Promise<CommandResult> {
    const { describeTier, formatTier } = await import('@sallyport/policy')
    const policy = await readPolicy(context)
    const description = describeTier(policy, chooseTier(context.settings, policy))
    return {
      verdict: 'pass',
      text: printableLines(formatTier(description)),
      isVerbatim: true,
      result: {
        tier: description.tier,
        policy: policy.source,
        values: JSON.parse(JSON.stringify(description)) as Record<string, unknown>,
      },
    }
  },
  code({ settings }: CodeContext) {
    const program = new Program()
    program.use('@sallyport/policy', 'describeTier', 'formatTier')
    return program.line(
      `const policy = ${codePolicy(program, settings)}`,
      `console.log(formatTier(describeTier(policy, ${codeTier(settings)})))`,
    )
  },
}
