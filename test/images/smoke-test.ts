import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requireTool, toolPath } from '@sallyport/test-tools'
import type { ImageName } from './image-layout.ts'
import { runPython } from './run-python.ts'
import type { RunConfig } from './unpack-image.ts'

interface Recipe {
  readonly platforms: readonly { readonly architecture: string; readonly config: RunConfig }[]
  readonly smoke: { readonly requests: readonly string[]; readonly expect: readonly string[] }
}

export interface SmokeOptions {
  /** How to run it. Default: the config of the recipe; give a hardened image's own. */
  readonly config?: RunConfig | undefined
  /** The platform that was unpacked. Default `amd64`. */
  readonly architecture?: string | undefined
  /** How long it may take until the first answer. Default 30,000. */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Whether this machine can run images of an architecture: its own, or one that it has qemu's emulator for. */
export function canRun(architecture: string): boolean {
  return emulatorOf(architecture) !== 'missing'
}

/**
 * Runs the image's command from its unpacked root file system, as root, in namespaces of its own (mount, process,
 * network), and asks it over the loopback. The folder itself stays as it is: what the program writes goes to an
 * overlay in memory. Gives the real answers, one line of status and type and then the body each, for comparison
 * before and after hardening.
 *
 * @throws {Error} when it does not start, does not answer in time, or answers something else than it should.
 */
export async function smokeTest(
  name: ImageName,
  rootfsDirectory: string,
  { config, architecture = 'amd64', timeoutMs = 30_000, signal }: SmokeOptions = {},
): Promise<string> {
  signal?.throwIfAborted()
  const recipe = JSON.parse(
    await readFile(new URL(`recipes/${name}/recipe.json`, import.meta.url), 'utf8'),
  ) as Recipe
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
      requests: recipe.smoke.requests,
      timeout: timeoutMs / 1000,
    }
    const output = await runPython('smoke.py', [], {
      input: JSON.stringify(task),
      under: [requireTool('unshare'), '--mount', '--net', '--pid', '--fork', '--kill-child'],
      signal,
    })
    const answers = JSON.parse(output) as readonly (readonly [string, number, string | null, string])[]
    const text = answers.map(
      ([url, status, type, body]) => `${url}: ${status} ${type ?? ''}\n${body.trim()}\n`,
    )
    recipe.smoke.expect.forEach((expected, index) => {
      if (!text[index]?.includes(expected)) {
        throw new Error(
          `the image ${name} should answer ${JSON.stringify(expected)}, but says: ${text[index] ?? ''}`,
        )
      }
    })
    return text.join('\n')
  } finally {
    // The mounts on it were in a namespace that is gone: what remains is an empty folder.
    await rm(work, { recursive: true, force: true })
  }
}

function emulatorOf(architecture: string): string | undefined {
  const own = process.arch === 'x64' ? 'amd64' : process.arch
  if (architecture === own) return undefined
  const names: Record<string, string> = { arm64: 'qemu-aarch64-static', amd64: 'qemu-x86_64-static' }
  return toolPath(names[architecture] ?? 'no-emulator') ?? 'missing'
}
