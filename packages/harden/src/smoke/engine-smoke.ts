import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Image } from '@sallyport/image'
import { HardenError } from '../errors.ts'
import { type CommandResult, runCommand } from './run-command.ts'
import type { SmokeCommand, SmokeTest } from './smoke-test.ts'
import { writeArchive } from './write-archive.ts'

/** Options of {@link dockerSmoke} and {@link podmanSmoke}. */
export interface EngineSmokeOptions extends SmokeCommand {
  /** The engine's program. Default `docker`, `podman`. */
  readonly executable?: string | undefined
  /** More options of `run`, e.g. `['--memory', '512m']`. Default none. */
  readonly runOptions?: readonly string[] | undefined
  /** Environment of the engine's program. Default: this process's. */
  readonly environment?: Readonly<Record<string, string>> | undefined
  /** Where the image's archive is written. Default: the system's folder for temporary files. */
  readonly directory?: string | undefined
}

/**
 * Runs an image by Docker (25 or newer, which loads OCI archives), without a network. The container and the loaded image are
 * removed afterwards, also when time is up.
 */
export function dockerSmoke({ executable = 'docker', ...options }: EngineSmokeOptions = {}): SmokeTest {
  return engineSmoke('docker', executable, options)
}

/** Runs an image by Podman, as {@link dockerSmoke} does. */
export function podmanSmoke({ executable = 'podman', ...options }: EngineSmokeOptions = {}): SmokeTest {
  return engineSmoke('podman', executable, options)
}

const loadTimeoutMs = 600_000
const cleanupTimeoutMs = 60_000

function engineSmoke(
  name: string,
  executable: string,
  {
    command,
    timeoutMs = 60_000,
    runOptions = [],
    environment = { ...process.env } as Record<string, string>,
    directory = tmpdir(),
  }: Omit<EngineSmokeOptions, 'executable'>,
): SmokeTest {
  return {
    name,
    async run(image, { signal } = {}) {
      const work = await mkdtemp(join(directory, 'sallyport-smoke-'))
      const container = `sallyport-smoke-${randomUUID()}`
      // What cleans up is not ended by who waits no longer.
      const engine = (words: readonly string[], limit: number, ending?: AbortSignal) =>
        runCommand([executable, ...words], { environment, timeoutMs: limit, signal: ending })
      let loaded: string | undefined
      // What was there before, under whatever tags, is somebody's: it is not removed.
      let isOurs = false
      try {
        const archive = join(work, 'image.tar')
        await writeArchive(image, archive, signal)
        isOurs = !(await hasImage(engine, image, signal))
        loaded = loadedImage(name, await engine(['load', '--input', archive], loadTimeoutMs, signal))
        const [entry, ...words] = command ?? []
        const result = await engine(
          [
            'run',
            '--rm',
            `--name=${container}`,
            '--network=none',
            ...runOptions,
            ...(entry === undefined ? [] : [`--entrypoint=${entry}`]),
            loaded,
            ...words,
          ],
          timeoutMs,
          signal,
        )
        const { exitCode, timedOut, stdout, stderr } = result
        // 125: the engine itself failed.
        if (exitCode === 125)
          throw new HardenError('SMOKE_UNAVAILABLE', `${name} run: ${stderr.trim().slice(-500)}`)
        return {
          status: timedOut ? 'timed-out' : exitCode === 0 ? 'passed' : 'failed',
          exitCode,
          stdout,
          stderr,
          answers: [],
        }
      } finally {
        await rm(work, { recursive: true, force: true })
        if (loaded !== undefined) {
          await engine(['rm', '--force', container], cleanupTimeoutMs)
          if (isOurs) await engine(['rmi', '--force', loaded], cleanupTimeoutMs)
        }
      }
    },
  }
}

/** Whether the engine has an image already: it names one by its configuration or by its manifest. */
async function hasImage(
  engine: (words: readonly string[], limit: number, ending?: AbortSignal) => Promise<CommandResult>,
  { manifest, raw }: Image,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  for (const digest of [manifest.config.digest, raw.descriptor.digest]) {
    const { exitCode } = await engine(
      ['image', 'inspect', '--format={{.Id}}', digest],
      cleanupTimeoutMs,
      signal,
    )
    if (exitCode === 0) return true
  }
  return false
}

/** The name or id in `Loaded image: …`, `Loaded image ID: …`, `Loaded image(s): …`. */
function loadedImage(name: string, { exitCode, stdout, stderr }: CommandResult): string {
  const loaded = /^Loaded image(?: ID|\(s\))?: (\S+)$/m.exec(stdout)?.[1]
  if (exitCode === 0 && loaded !== undefined && !loaded.startsWith('-')) return loaded
  throw new HardenError(
    'SMOKE_UNAVAILABLE',
    `${name} does not load the image: ${(stderr || stdout).trim().slice(-500)}`,
  )
}
