// Runs workflow.yaml on this machine as Argo's controller would: a process for each task, in a folder of its own, with
// nothing but its parameters; what fails with an exit code that says so is tried again.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { parse } from 'yaml'

interface Task {
  readonly name: string
  readonly depends?: string
  readonly when?: string
  readonly arguments: { readonly parameters: readonly { readonly name: string; readonly value: string }[] }
}
interface Template {
  readonly name: string
  readonly dag?: { readonly tasks: readonly Task[] }
  readonly retryStrategy?: { readonly limit: number }
}
interface Workflow {
  readonly spec: { readonly entrypoint: string; readonly templates: readonly Template[] }
}

/** What became of a task; one whose condition does not hold, or whose predecessor did not run, is left out. */
export interface TaskRun {
  readonly tries: number
  readonly outputs: Readonly<Record<string, string>>
}

/** How to run a workflow. */
export interface RunWorkflowOptions {
  readonly parameters: Readonly<Record<string, string>>
  /** Folders of the tasks are made in it. */
  readonly directory: string
  /** What the persistent volume holds. */
  readonly gateDirectory: string
  /** Kills the first try of this task after so many milliseconds, as an eviction does. */
  readonly evict?: { readonly task: string; readonly afterMs: number } | undefined
}

/** Runs the template that the workflow enters by. Rejects when a task fails for good. */
export async function runWorkflow(options: RunWorkflowOptions): Promise<ReadonlyMap<string, TaskRun>> {
  const file = join(import.meta.dirname, 'workflow.yaml')
  const { spec } = parse(await readFile(file, 'utf8')) as Workflow
  const templateOf = (name: string) => spec.templates.find((template) => template.name === name)!
  const { dag } = templateOf(spec.entrypoint)
  const limit = templateOf('step').retryStrategy?.limit ?? 0
  const runs = new Map<string, TaskRun>()
  const resolve = (text: string): string =>
    text.replaceAll(/\{\{([\w.]+)\}\}/g, (_, path: string) => {
      const [scope, ...names] = path.split('.')
      const value =
        scope === 'workflow' ? options.parameters[names.at(-1)!] : runs.get(names[0]!)?.outputs[names.at(-1)!]
      if (value === undefined) throw new Error(`{{${path}}} is nothing`)
      return value
    })

  // The tasks are in an order in which each comes after what it depends on.
  for (const task of dag!.tasks) {
    if (task.depends !== undefined && !runs.has(task.depends.replace(/\.Succeeded$/, ''))) continue
    if (task.when !== undefined && !holds(resolve(task.when))) continue
    const parameters = Object.fromEntries(
      task.arguments.parameters.map(({ name, value }) => [name, resolve(value)]),
    )
    runs.set(task.name, await runTask(task.name, parameters, limit, options))
  }
  return runs
}

async function runTask(
  name: string,
  { step = '', state = '' }: Readonly<Record<string, string>>,
  limit: number,
  { directory, gateDirectory, evict }: RunWorkflowOptions,
): Promise<TaskRun> {
  for (let tries = 1; ; tries++) {
    const folder = join(directory, `${name}-${tries}`)
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'state.json'), state)
    const child = spawn(
      process.execPath,
      ['--conditions=@sallyport/source', join(import.meta.dirname, 'step.ts'), step],
      {
        cwd: folder,
        stdio: ['ignore', 'inherit', tries > limit ? 'inherit' : 'ignore'],
        env: { ...process.env, PWD: folder, GATE_DIRECTORY: gateDirectory, NODE_NO_WARNINGS: '1' },
      },
    )
    const ended = once(child, 'exit') as Promise<[number | null, string | null]>
    const eviction =
      tries === 1 && evict?.task === name ? setTimeout(() => child.kill('SIGKILL'), evict.afterMs) : undefined
    const [code, signal] = await ended
    clearTimeout(eviction)
    if (code === 0) {
      const read = (file: string): Promise<string> => readFile(join(folder, file), 'utf8')
      return { tries, outputs: { state: await read('state.json'), next: await read('next') } }
    }
    const mayPass = code === 75 || signal !== null
    if (!mayPass || tries > limit) throw new Error(`task ${name} failed: ${String(code ?? signal)}`)
  }
}

/** `'one' == 'other'`, which is all that the workflow asks. */
function holds(condition: string): boolean {
  const { left, right } = /^'(?<left>.*)' == '(?<right>.*)'$/.exec(condition)?.groups ?? {}
  if (left === undefined) throw new Error(`a condition of another kind: ${condition}`)
  return left === right
}
