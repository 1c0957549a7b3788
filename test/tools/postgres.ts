import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { chmod, chown, mkdir, readdir, readFile, realpath, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { startProgram } from './running-program.ts'
import type { RunningService, StartLimits } from './running-program.ts'
import { toolPath } from './tool-path.ts'

/** How to start PostgreSQL. */
export interface PostgresOptions extends StartLimits {
  /** Of its own; what it stores stays there. Its parents must let other users pass. */
  readonly directory: string
  /** Settings of the server, e.g. `{ fsync: 'on' }`. Default: those of a test, which need not survive a power cut. */
  readonly settings?: Readonly<Record<string, string>> | undefined
}

const run = promisify(execFile)
const fast = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }
const languageOfLogs = { LC_ALL: 'C', LANG: 'C' }

/** Folder of PostgreSQL's programs, the newest version of Debian's, which are not on the `PATH`; `undefined` if nowhere. */
export async function findPostgres(): Promise<string | undefined> {
  const onPath = toolPath('initdb')
  // A link to it may stand alone; where it leads to, the others are too.
  if (onPath !== undefined) return dirname(await realpath(onPath))
  const root = '/usr/lib/postgresql'
  const versions = await readdir(root).catch(() => [])
  const [newest] = versions
    .map(Number)
    .filter(Number.isInteger)
    .sort((one, other) => other - one)
  return newest === undefined ? undefined : join(root, String(newest), 'bin')
}

/** Starts PostgreSQL on a free port of the loopback; `url` is a connection string of its superuser. */
export async function startPostgres({
  directory,
  settings = fast,
  ...limits
}: PostgresOptions): Promise<RunningService> {
  const programs = await findPostgres()
  if (programs === undefined)
    throw new Error('there is no PostgreSQL; install it with: node test/tools/install.mjs postgresql')
  const user = await unprivilegedUser()
  const data = join(directory, 'data')
  const password = await makeCluster(programs, directory, data, user)

  const program = await startProgram(
    {
      command: join(programs, 'postgres'),
      logPath: join(directory, 'postgres.log'),
      env: languageOfLogs,
      user,
      // Fast shutdown: it does not wait for its clients.
      stopSignal: 'SIGINT',
      prepare: ([port]) => {
        const all = {
          ...settings,
          listen_addresses: '127.0.0.1',
          port: String(port),
          unix_socket_directories: '',
          max_connections: '200',
        }
        const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])
        return Promise.resolve(['-D', data, ...flags])
      },
      readyPath: (port) =>
        run(join(programs, 'pg_isready'), ['-q', '-h', '127.0.0.1', '-p', String(port)]).then(
          () => true,
          () => false,
        ),
    },
    limits,
  )
  return { ...program, url: `postgresql://sallyport:${password}@127.0.0.1:${program.ports[0]}/postgres` }
}

/** PostgreSQL refuses to run as root. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const id = async (flag: string): Promise<number> => Number((await run('id', [flag, 'postgres'])).stdout)
  return { uid: await id('-u'), gid: await id('-g') }
}

/** Resolves with the password of the superuser. */
async function makeCluster(
  programs: string,
  directory: string,
  data: string,
  user: { uid: number; gid: number } | undefined,
): Promise<string> {
  const passwordFile = join(directory, 'password')
  const isThere = await stat(join(data, 'PG_VERSION')).then(
    () => true,
    () => false,
  )
  if (isThere) return (await readFile(passwordFile, 'utf8')).trim()

  const password = randomUUID()
  await mkdir(data, { recursive: true })
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  if (user) {
    await chmod(directory, 0o711)
    await chown(data, user.uid, user.gid)
    await chown(passwordFile, user.uid, user.gid)
  }
  const options = { ...user, env: { ...process.env, ...languageOfLogs } }
  await run(
    join(programs, 'initdb'),
    `--auth scram-sha-256 --encoding UTF8 --locale C --no-sync --username sallyport`
      .split(' ')
      .concat('--pwfile', passwordFile, '-D', data),
    options,
  )
  return password
}
