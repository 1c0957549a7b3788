import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { requireTool } from '@sallyport/test-tools'

const execute = promisify(execFile)

/** A container: an overlay over an unpacked image, in a chroot and namespaces of its own. */
export interface Container extends AsyncDisposable {
  /** Its first process, as the host numbers it. */
  readonly pid: number
  /** What it wrote. */
  readonly upper: string
  /** Its root file system, from outside. */
  readonly root: string
  /** Runs a script of the image's shell in it, to its end; what it starts in the background goes on. */
  sh(script: string): Promise<string>
}

const setup = `
mount --make-rprivate /
mount -t overlay overlay -o "lowerdir=$LOWER,upperdir=$WORK/upper,workdir=$WORK/work" "$WORK/merged"
cd "$WORK/merged"
mount -t proc proc proc
mount -t tmpfs -o mode=755 tmpfs dev
for device in null zero full random urandom; do touch dev/$device; mount --bind /dev/$device dev/$device; done
mount -t tmpfs -o mode=755 tmpfs mnt
rm -f etc/resolv.conf etc/hosts
echo nameserver 127.0.0.1 >etc/resolv.conf
echo 127.0.0.1 localhost >etc/hosts
echo ready
exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot . /bin/sleep 100000
`

/** Starts a container of an unpacked image. Disposing ends all of its processes. */
export async function startContainer(rootfs: string, directory: string): Promise<Container> {
  await using resources = new AsyncDisposableStack()
  const work = await mkdtemp(join(directory, 'container-'))
  resources.defer(() => rm(work, { recursive: true, force: true }))
  for (const name of ['upper', 'work', 'merged']) await mkdir(join(work, name))
  const child = spawn(
    requireTool('unshare'),
    // Who waits for it stays out of its mounts: else that were a process of the container.
    ['--pid', '--ipc', '--uts', '--fork', '--kill-child', 'unshare', '--mount', 'sh', '-euc', setup],
    { env: { PATH: process.env['PATH'], LOWER: rootfs, WORK: work }, stdio: ['ignore', 'pipe', 'inherit'] },
  )
  resources.defer(() => end(child))
  const [text] = (await once(child.stdout, 'data')) as [Buffer]
  if (text.toString().trim() !== 'ready') throw new Error(`the container said ${text.toString()}`)
  const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8')
  const pid = Number(children.trim())
  // It has become the image's own program: before, its root is that of the machine, and so are its words but for the first.
  while ((await readFile(`/proc/${pid}/cmdline`, 'utf8')) !== '/bin/sleep\x00100000\x00')
    await new Promise((resolve) => setImmediate(resolve))
  const owned = resources.move()
  return {
    pid,
    upper: join(work, 'upper'),
    root: `/proc/${pid}/root`,
    async sh(script) {
      const { stdout } = await execute(
        requireTool('nsenter'),
        [
          '--target',
          String(pid),
          '--mount',
          '--pid',
          '--ipc',
          '--uts',
          '--root',
          '--wd=/',
          '--',
          '/bin/sh',
          '-euc',
          script,
        ],
        { env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' } },
      )
      return stdout
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}
