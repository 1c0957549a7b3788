import { mkdtemp, mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Image } from '@sallyport/image'
import { HardenError } from '../errors.ts'
import { askServiceProgram, toUrl } from './ask-service.ts'
import { resolveUser, type UserIds } from './resolve-user.ts'
import { type CommandResult, runCommand } from './run-command.ts'
import type { SmokeAnswer, SmokeCommand, SmokeRequest, SmokeResult, SmokeTest } from './smoke-test.ts'
import { unpackImage } from './unpack-image.ts'

/** Options of {@link chrootSmoke}. */
export interface ChrootSmokeOptions extends SmokeCommand {
  /** Ask a service these, then stop it. Default: the command is run to its end. */
  readonly requests?: readonly SmokeRequest[] | undefined
  /** Where the image is unpacked for the time of the run. Default: the system's folder for temporary files. */
  readonly directory?: string | undefined
}

/**
 * Runs an image on Linux as root without a container engine: unpacked into a folder of its own, in mount, process and
 * network namespaces of its own without a way out, with the user, environment and working directory of its
 * configuration. It has a fresh `/proc` and the harmless devices. Needs unshare(1) and, for requests, ip(8). It is no
 * sandbox: run only images that you would run as a privileged container.
 */
export function chrootSmoke({
  command,
  requests = [],
  timeoutMs = 60_000,
  directory = tmpdir(),
}: ChrootSmokeOptions = {}): SmokeTest {
  return {
    name: 'chroot',
    async run(image, { signal } = {}) {
      if (process.platform !== 'linux' || process.getuid?.() !== 0)
        throw new HardenError('SMOKE_UNAVAILABLE', 'running an image in a chroot needs Linux and root')
      const { config } = image.config
      const words = command ?? [...(config?.Entrypoint ?? []), ...(config?.Cmd ?? [])]
      if (words.length === 0)
        throw new HardenError('SMOKE_UNAVAILABLE', 'the image names no command: give one')
      const user = await resolveUser(image, signal)
      await mkdir(directory, { recursive: true })
      const work = await mkdtemp(join(directory, 'sallyport-smoke-'))
      try {
        const root = join(work, 'root')
        await mkdir(root)
        await unpackImage(image, root, { signal })
        const result = await runCommand(namespaced(image, root, user, words, requests, timeoutMs), {
          // Variables of the image would reach programs of the machine.
          environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
          // Requests have the time, and what is around them a little more.
          timeoutMs: timeoutMs + (requests.length > 0 ? 10_000 : 0),
          signal,
        })
        return toResult(result, requests.length > 0)
      } finally {
        // What was mounted on it was in a namespace that is gone.
        await rm(work, { recursive: true, force: true })
      }
    },
  }
}

const setupFailed = 97
const setup = `
fail() { echo "sallyport: $1" >&2; exit ${setupFailed}; }
root=$1; ask=$2; node=$3; program=$4; shift 4
mount --make-rprivate / && mount --bind "$root" "$root" || fail 'no mounts of its own'
for name in proc dev tmp; do
  if [ -L "$root/$name" ] || { [ -e "$root/$name" ] && [ ! -d "$root/$name" ]; }; then fail "/$name is no folder"; fi
  [ -d "$root/$name" ] || mkdir "$root/$name" || fail "no /$name"
done
mount -t proc -o nosuid,nodev,noexec proc "$root/proc" || fail 'no /proc'
mount -t tmpfs -o nosuid,mode=755 tmpfs "$root/dev" || fail 'no /dev'
for name in null zero full random urandom tty; do
  : > "$root/dev/$name" && mount --bind "/dev/$name" "$root/dev/$name" || fail "no /dev/$name"
done
ln -s /proc/self/fd "$root/dev/fd"; ln -s fd/0 "$root/dev/stdin"; ln -s fd/1 "$root/dev/stdout"; ln -s fd/2 "$root/dev/stderr"
mkdir -m 1777 "$root/dev/shm"
ip link set lo up 2>/dev/null || [ -z "$ask" ] || fail 'no loopback: ip(8) is needed'
[ -n "$ask" ] || exec "$@"
"$@" >&2 < /dev/null &
exec "$node" -e "$program" "$ask"
`

/** The command line that runs words inside of the unpacked image. */
function namespaced(
  image: Image,
  root: string,
  { uid, gid, home }: UserIds,
  words: readonly string[],
  requests: readonly SmokeRequest[],
  timeoutMs: number,
): readonly string[] {
  const ask =
    requests.length === 0 ? '' : JSON.stringify({ requests: requests.map((one) => toUrl(one)), timeoutMs })
  const namespaces = ['--mount', '--pid', '--net', '--ipc', '--uts', '--fork', '--kill-child=SIGKILL', '--']
  const inside = [
    `--root=${root}`,
    `--wd=${image.config.config?.WorkingDir || '/'}`,
    `--setgid=${gid}`,
    `--setuid=${uid}`,
  ]
  const { outside, own } = variablesOf(image, home)
  return [
    unshare,
    ...namespaces,
    'sh',
    '-c',
    setup,
    'sh',
    root,
    ask,
    process.execPath,
    askServiceProgram,
    'env',
    '-i',
    '--',
    ...outside,
    unshare,
    ...inside,
    '--',
    ...(own.length > 0 ? [imageEnv, '--', ...own] : []),
    ...words,
  ]
}

const unshare = '/usr/bin/unshare'
const imageEnv = '/usr/bin/env'
/** Variables that would change what the machine's own programs do on the way into the chroot. */
const steersPrograms = /^(?:LD_|GLIBC_|GCONV_|MALLOC_|LOC|NLS|RES_|HOSTALIASES|TZ|LANG|LC_)/

/** The variables of the configuration: those that can be set outside of the chroot, and those that only its `env` sets. */
function variablesOf(
  image: Image,
  home: string,
): { readonly outside: readonly string[]; readonly own: readonly string[] } {
  const set = new Map([
    ['PATH', '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
    ['HOME', home],
  ])
  for (const entry of image.config.config?.Env ?? []) {
    const equals = entry.indexOf('=')
    if (equals > 0) set.set(entry.slice(0, equals), entry.slice(equals + 1))
  }
  const all = [...set].map(([name, value]) => `${name}=${value}`)
  const own = all.filter((entry) => steersPrograms.test(entry))
  if (own.length > 0 && image.tree.resolve(imageEnv)?.type !== 'file')
    throw new HardenError('SMOKE_UNAVAILABLE', `without ${imageEnv} in the image ${own[0]} can't be set`)
  return { outside: all.filter((entry) => !own.includes(entry)), own }
}

function toResult({ exitCode, timedOut, stdout, stderr }: CommandResult, isService: boolean): SmokeResult {
  if (exitCode === setupFailed && stderr.includes('sallyport: '))
    throw new HardenError('SMOKE_UNAVAILABLE', `the image can't be run here: ${stderr.trim().slice(-500)}`)
  if (!isService) {
    const status = timedOut ? 'timed-out' : exitCode === 0 ? 'passed' : 'failed'
    return { status, exitCode, stdout, stderr, answers: [] }
  }
  if (exitCode !== 0)
    return { status: timedOut ? 'timed-out' : 'unanswered', stdout: '', stderr, answers: [] }
  return { status: 'passed', stdout: '', stderr, answers: JSON.parse(stdout) as readonly SmokeAnswer[] }
}
