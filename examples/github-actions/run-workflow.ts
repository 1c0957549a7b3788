// Runs the `run` steps of a workflow as a runner would. Parsing, checking by GitHub's schema and expressions are those of
// GitHub's own packages; steps that use an action are not run, and told.
import { strict as assert } from 'node:assert'
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { data, Evaluator, Lexer, Parser } from '@actions/expressions'

// GitHub's parser is made for bundlers, and imports its schema without saying that it is JSON.
registerHooks({
  load: (url, context, next) =>
    next(url, url.endsWith('.json') ? { ...context, importAttributes: { type: 'json' } } : context),
})
const { convertWorkflowTemplate, isBasicExpression, isMapping, NoOperationTraceWriter, parseWorkflow } =
  await import('@actions/workflow-parser')

type Texts = Readonly<Record<string, string>>

/** What a run is given. */
export interface RunOptions {
  /** Where the steps run: what the repository holds. */
  readonly folder: string
  /** Of the runner, such as `PATH`. */
  readonly environment: Texts
  /** What expressions see, by context: `inputs`, `vars`, `secrets`, `github`. */
  readonly contexts: Readonly<Record<string, Texts>>
}

/** What became of a step. */
export interface StepResult {
  readonly name: string
  /** `skipped` by its condition; `not run` where it uses an action. */
  readonly outcome: 'success' | 'failure' | 'skipped' | 'not run'
  readonly output: string
}

/** Runs the only job of a workflow; rejects when GitHub would refuse the file. */
export async function runWorkflow(
  file: string,
  { folder, environment, contexts }: RunOptions,
): Promise<readonly StepResult[]> {
  const parsed = parseWorkflow(
    { name: file, content: await readFile(file, 'utf8') },
    new NoOperationTraceWriter(),
  )
  assert(parsed.value)
  const workflow = await convertWorkflowTemplate(parsed.context, parsed.value)
  assert.deepEqual(
    parsed.context.errors.getErrors().map(({ message }) => message),
    [],
  )
  const [job, ...others] = workflow.jobs
  assert(job?.type === 'job' && others.length === 0, 'one job')

  let failed = false
  const functions = statusFunctions(folder, () => failed)
  const evaluate = (expression: string) => evaluateExpression(expression, contexts, functions)
  const textsOf = (token: unknown): Texts => {
    if (token === undefined) return {}
    assert(isMapping(token as never))
    return Object.fromEntries(
      Array.from(token as unknown as Iterable<Pair>, ({ key, value }) => [
        String(key),
        isBasicExpression(value as never)
          ? evaluate((value as { expression: string }).expression).coerceString()
          : String(value),
      ]),
    )
  }

  const summary = join(folder, 'summary.md')
  await writeFile(summary, '')
  const runner = { ...environment, CI: 'true', GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary }
  const results: StepResult[] = []
  for (const step of job.steps) {
    assert('run' in step || 'uses' in step, `nobody runs ${step.id}`)
    const name = step.name?.toString() ?? step.id
    if ('uses' in step) results.push({ name, outcome: 'not run', output: '' })
    else if (evaluate(step.if.expression).coerceString() !== 'true')
      results.push({ name, outcome: 'skipped', output: '' })
    else {
      assert.equal(isBasicExpression(step.run), false, `${name}: a script is made of an expression`)
      const variables = { ...textsOf(job.env), ...textsOf(step.env) }
      const [code, output] = await runScript(step.run.toString(), folder, { ...runner, ...variables })
      if (code !== 0) failed = true
      results.push({ name, outcome: code === 0 ? 'success' : 'failure', output })
    }
  }
  return results
}

interface Pair {
  readonly key: { toString(): string }
  readonly value: object
}

/** As a runner starts a step that names no shell: `bash -e` with the script as a file. */
async function runScript(script: string, folder: string, environment: Texts): Promise<[number, string]> {
  const file = join(folder, 'step.sh')
  await writeFile(file, script)
  const child = spawn('bash', ['-e', file], {
    cwd: folder,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 300_000,
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => void (output += text))
  const [code] = (await once(child, 'close')) as [number | null]
  return [code ?? 1, output]
}

type Functions = NonNullable<ConstructorParameters<typeof Evaluator>[2]>

function statusFunctions(folder: string, hasFailed: () => boolean): Functions {
  const states = {
    success: () => !hasFailed(),
    failure: hasFailed,
    always: () => true,
    cancelled: () => false,
  }
  const functions: Functions = new Map()
  for (const [name, holds] of Object.entries(states))
    functions.set(name, { name, minArgs: 0, maxArgs: 0, call: () => new data.BooleanData(holds()) })
  functions.set('hashfiles', {
    name: 'hashFiles',
    minArgs: 1,
    maxArgs: 1,
    call(pattern) {
      const file = join(folder, pattern!.coerceString())
      const hash = existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : ''
      return new data.StringData(hash)
    },
  })
  return functions
}

function evaluateExpression(
  expression: string,
  contexts: RunOptions['contexts'],
  functions: Functions,
): data.ExpressionData {
  const known = new data.Dictionary(
    ...Object.entries(contexts).map(([key, values]) => ({
      key,
      value: new data.Dictionary(
        ...Object.entries(values).map(([name, text]) => ({ key: name, value: new data.StringData(text) })),
      ),
    })),
  )
  const { tokens } = new Lexer(expression).lex()
  const parser = new Parser(tokens, Object.keys(contexts), [...functions.values()])
  return new Evaluator(parser.parse(), known, functions).evaluate()
}
