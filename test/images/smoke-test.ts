import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requireTool, toolPath } from '@sallyport/test-tools'
import type { ImageName } from './image-layout.ts'
import { runPython } from './run-python.ts'
import type { RunConfig } from './unpack-image.ts'

/** A URL, bytes over a connection, or a command in the image. */
export type SmokeRequest =
  | string
  | { readonly tcp: string; readonly send: string; readonly until: string }
  | { readonly exec: readonly string[] }

interface Recipe {
  readonly platforms: readonly { readonly architecture: string; readonly config: RunConfig }[]
  readonly smoke: {
    readonly requests: readonly SmokeRequest[]
    readonly expect: readonly string[]
    readonly names?: Readonly<Record<string, string>>
  }
}

export interface SmokeOptions {
  /** How to run it. Default: the config of the recipe; give a hardened image's own. */
  readonly config?: RunConfig | undefined
  /** The platform that was unpacked. Default `amd64`. */
  readonly architecture?: string | undefined
  /** Requests beside its own, asked after them; their answers may be anything. */
  readonly more?: readonly SmokeRequest[] | undefined
  /**
   * Signals to the first process afterwards, e.g. `['SIGHUP', 'SIGTERM']`: after each but the last it has to answer
   * again, after the last it has to end. Default: it is killed.
   */
  readonly signals?: readonly string[] | undefined
  /** What the run is started under, such as a tracer; told where the container's root will be. */
  readonly under?: ((root: string) => readonly string[]) | undefined
  /** How long it may take until the first answer. Default 30,000. */
  readonly timeoutMs?: number | undefined
  /**
   * A program of this machine that looks at the running image once it has answered: `SMOKE_ROOT` is its root file system
   * with a `proc`, `SMOKE_UPPER` what it wrote, `SMOKE_PID` the process that it runs as there.
   */
  readonly afterwards?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * The commands besides its own that the image has to be able to run, as its smoke test does: probes, hooks, clients. To
 * be declared to whoever hardens it.
 */
export async function smokeCommands(name: ImageName): Promise<readonly (readonly string[])[]> {
  const { requests } = (await readRecipe(name)).smoke
  return requests.flatMap((request) =>
    typeof request === 'object' && 'exec' in request ? [request.exec] : [],
  )
}

/** Whether this machine can run images of an architecture: its own, or one that it has qemu's emulator for. */
export function canRun(architecture: string): boolean {
  return emulatorOf(architecture) !== 'missing'
}

/**
 * Runs the image's command from its unpacked root file system, as root, in namespaces of its own (mount, process,
 * network), and asks it over the loopback: URLs, bytes over a connection, and commands that run in the image beside its
 * own. The folder itself stays as it is: what the program writes goes to an overlay in memory. Gives the real answers,
 * those over HTTP with a line of status and type, for comparison before and after hardening.
 *
 * @throws {Error} when it does not start, does not answer in time, or answers something else than it should.
 */
export async function smokeTest(
  name: ImageName,
  rootfsDirectory: string,
  {
    config,
    architecture = 'amd64',
    more = [],
    signals = [],
    under,
    timeoutMs = 30_000,
    afterwards,
    signal,
  }: SmokeOptions = {},
): Promise<string> {
  signal?.throwIfAborted()
  const recipe = await readRecipe(name)
  const platform = recipe.platforms.find((candidate) => candidate.architecture === architecture)
  if (!platform) throw new Error(`the image ${name} has no platform ${architecture}`)
  const emulator = emulatorOf(architecture)
  if (emulator === 'missing') throw new Error(`nothing here runs ${architecture}: see canRun`)
  const work = await mkdtemp(join(tmpdir(), 'sallyport-smoke-'))
  try {
    const task = {
      root: rootfsDirectory,
      work,
      emulator,
      config: config ?? platform.config,
      requests: [...recipe.smoke.requests, ...more],
      signals,
      names: recipe.smoke.names ?? {},
      timeout: timeoutMs / 1000,
      afterwards,
    }
    const output = await runPython('smoke.py', [], {
      input: JSON.stringify(task),
      under: [
        requireTool('unshare'),
        '--mount',
        '--net',
        '--pid',
        '--fork',
        '--kill-child',
        ...(under?.(join(work, 'merged')) ?? []),
      ],
      signal,
    })
    const answers = JSON.parse(output) as readonly string[]
    recipe.smoke.expect.forEach((expected, index) => {
      if (!answers[index]?.includes(expected)) {
        const asked = describe(recipe.smoke.requests[index]!)
        throw new Error(
          `the image ${name} should answer ${JSON.stringify(expected)} to ${asked}, but says: ${answers[index] ?? ''}`,
        )
      }
    })
    return answers.map((answer, index) => `${describe(task.requests[index]!)}: ${answer.trim()}\n`).join('\n')
  } finally {
    // The mounts on it were in a namespace that is gone: what remains is an empty folder.
    await rm(work, { recursive: true, force: true })
  }
}

async function readRecipe(name: ImageName): Promise<Recipe> {
  return JSON.parse(await readFile(new URL(`recipes/${name}/recipe.json`, import.meta.url), 'utf8')) as Recipe
}

function describe(request: SmokeRequest): string {
  if (typeof request === 'string') return request
  return 'tcp' in request ? `${request.tcp} ${JSON.stringify(request.send)}` : request.exec.join(' ')
}

function emulatorOf(architecture: string): string | undefined {
  const own = process.arch === 'x64' ? 'amd64' : process.arch
  if (architecture === own) return undefined
  const names: Record<string, string> = { arm64: 'qemu-aarch64-static', amd64: 'qemu-x86_64-static' }
  return toolPath(names[architecture] ?? 'no-emulator') ?? 'missing'
}
