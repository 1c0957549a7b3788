import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What of `/proc/PID` a test sets. */
export interface FakeProcess {
  /** Bytes of its program; none when its first thread has ended. */
  readonly program?: string
  /** Default `program`. */
  readonly name?: string
  /** Other files of its root, by name. */
  readonly files?: Readonly<Record<string, string>>
  readonly command?: readonly string[]
  readonly environment?: readonly string[]
  readonly maps?: string
  /** Bytes by range. */
  readonly mapped?: Readonly<Record<string, string>>
  readonly mount?: string
  readonly parent?: number
  readonly groups?: string
  readonly threads?: readonly number[]
}

/** A directory like `/proc`, of processes that no test could start. */
export async function createFakeProc(
  processes: Readonly<Record<number, FakeProcess>>,
): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'sallyport-proc-'))
  for (const [pid, fake] of Object.entries(processes)) {
    const directory = join(path, pid)
    for (const name of ['ns', 'map_files', 'task', 'files'])
      await mkdir(join(directory, name), { recursive: true })
    for (const thread of fake.threads ?? [Number(pid)]) await mkdir(join(directory, 'task', String(thread)))
    await writeFile(join(directory, 'cmdline'), (fake.command ?? []).map((word) => `${word}\0`).join(''))
    await writeFile(join(directory, 'environ'), (fake.environment ?? []).map((one) => `${one}\0`).join(''))
    await writeFile(join(directory, 'maps'), fake.maps ?? '')
    await writeFile(join(directory, 'cgroup'), fake.groups ?? '0::/\n')
    await writeFile(join(directory, 'stat'), `${pid} (odd) S 1) S ${fake.parent ?? 0} 0`)
    for (const [range, bytes] of Object.entries(fake.mapped ?? {}))
      await writeFile(join(directory, 'map_files', range), bytes)
    if (fake.program === undefined) continue
    const { name = 'program' } = fake
    for (const [file, bytes] of Object.entries({ ...fake.files, [name]: fake.program }))
      await writeFile(join(directory, 'files', file), bytes)
    await symlink(join(directory, 'files', name), join(directory, 'exe'))
    await symlink(join(directory, 'files'), join(directory, 'root'))
    await symlink('/', join(directory, 'cwd'))
    await symlink(fake.mount ?? 'mnt:[1]', join(directory, 'ns/mnt'))
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) }
}
