import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'

/** A registry that runs for a test. */
export interface RunningRegistry extends AsyncDisposable {
  /** `127.0.0.1:port`. */
  readonly registry: string
}

const dockerRegistryPath = '/usr/bin/docker-registry'
const olaregPath = join(
  process.env['SALLYPORT_TOOLS'] ?? join(homedir(), '.cache/sallyport/tools'),
  'olareg-v0.2.2/olareg',
)

/** Whether the program is here; says so in one line when it isn't. */
export function isInstalled(program: 'docker-registry' | 'olareg'): boolean {
  const installed = existsSync(program === 'olareg' ? olaregPath : dockerRegistryPath)
  if (!installed) console.warn(`skipped: ${program} is not installed here`)
  return installed
}

/** Starts Debian's docker-registry (distribution 2.8), which has no referrers API. */
export async function startDockerRegistry({
  htpasswd,
}: { htpasswd?: string } = {}): Promise<RunningRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-registry-'))
  const port = await freePort()
  const auth =
    htpasswd === undefined ? '' : `auth:\n  htpasswd:\n    realm: test\n    path: ${folder}/htpasswd\n`
  if (htpasswd !== undefined) await writeFile(join(folder, 'htpasswd'), htpasswd)
  await writeFile(
    join(folder, 'config.yml'),
    `version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: ${folder}/data\n  delete:\n    enabled: true\nhttp:\n  addr: 127.0.0.1:${port}\n${auth}`,
  )
  return start(dockerRegistryPath, ['serve', join(folder, 'config.yml')], port, folder)
}

/** Starts olareg, which has the referrers API. */
export async function startOlareg({
  referrers = true,
  flags = [] as readonly string[],
} = {}): Promise<RunningRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-olareg-'))
  const port = await freePort()
  const args = [
    'serve',
    '--addr',
    '127.0.0.1',
    '--port',
    String(port),
    '--dir',
    folder,
    '--gc-frequency',
    '-1s',
  ]
  return start(olaregPath, [...args, `--api-referrer=${referrers}`, ...flags], port, folder)
}

async function start(
  program: string,
  args: readonly string[],
  port: number,
  folder: string,
): Promise<RunningRegistry> {
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let output = ''
  child.stderr.on('data', (chunk: Buffer) => (output = (output + chunk.toString()).slice(-4000)))
  await untilListening(port, child, () => output)
  return {
    registry: `127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      if (child.exitCode === null) {
        child.kill('SIGKILL')
        await ended
      }
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function untilListening(port: number, child: ChildProcess, output: () => string): Promise<void> {
  const until = Date.now() + 10_000
  while (!(await isListening(port))) {
    if (child.exitCode !== null || Date.now() > until)
      throw new Error(`the registry did not start: ${output()}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => (socket.destroy(), resolve(true)))
    socket.once('error', () => resolve(false))
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })
}
