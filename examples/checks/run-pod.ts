// Runs the container of a Pod's manifest as a kubelet would: its command, its user, its capabilities, a root file system that
// can't be written to, and nothing of this machine but programs of the system and what the manifest mounts.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

/** What is looked at of a Pod's specification. */
export interface PodSpec {
  readonly automountServiceAccountToken?: boolean
  readonly securityContext?: { readonly runAsUser?: number; readonly runAsGroup?: number }
  readonly containers: readonly {
    readonly command: readonly string[]
    readonly args?: readonly string[]
    readonly workingDir?: string
    readonly env?: readonly { readonly name: string; readonly value?: string }[]
    readonly securityContext: {
      readonly runAsUser?: number
      readonly readOnlyRootFilesystem: boolean
      readonly allowPrivilegeEscalation: boolean
      readonly capabilities: { readonly drop: readonly string[]; readonly add?: readonly string[] }
    }
    readonly volumeMounts: readonly {
      readonly name: string
      readonly mountPath: string
      readonly readOnly?: boolean
    }[]
  }[]
}

/** What a manifest leaves open. */
export interface PodSurroundings {
  /** What the image has in `/usr/local`; Node is put there. */
  readonly local: string
  /** Folders of this machine by the names of volumes. */
  readonly volumes: Readonly<Record<string, string>>
  /** Folder with the token of the service account. */
  readonly account?: string
  /** Variables that a cluster, or `valueFrom`, sets. */
  readonly environment: Readonly<Record<string, string>>
}

/** Why containers can't be run here; `undefined` where they can. */
export function whyNoPods(): string | undefined {
  const ran = spawnSync('unshare', [...namespaces(), 'true'], { encoding: 'utf8' })
  return ran.status === 0 ? undefined : `no mount namespace: ${ran.error?.message ?? ran.stderr.trim()}`
}

const isRoot = () => process.getuid?.() === 0
const namespaces = () => (isRoot() ? ['--mount'] : ['--user', '--map-root-user', '--mount'])

const setup = `
mount --make-rprivate /
root=$(mktemp -d)
mount -t tmpfs -o mode=755 tmpfs "$root"
for part in usr bin sbin lib lib32 lib64; do
  if [ -L "/$part" ]; then cp -P "/$part" "$root/$part"
  elif [ -d "/$part" ]; then mkdir "$root/$part"; mount --rbind -o ro "/$part" "$root/$part"; fi
done
mount --bind "$LOCAL" "$root/usr/local"
mount -o remount,bind,ro "$root/usr/local"
for part in proc dev sys; do mkdir "$root/$part"; mount --rbind "/$part" "$root/$part"; done
while read -r mode path source; do
  mkdir -p "$root$path"
  mount --bind "$source" "$root$path"
  mount -o "remount,bind,$mode,nosuid,nodev" "$root$path"
done <<MOUNTS
$MOUNTS
MOUNTS
mount -o remount,bind,ro "$root"
exec chroot "$root" "$@"
`

/** Starts the only container of a Pod; a signal to the child is one to the container's program. */
export function runPod(
  { automountServiceAccountToken, securityContext: pod = {}, containers: [container] }: PodSpec,
  { local, volumes, account, environment }: PodSurroundings,
): ChildProcess {
  if (container === undefined) throw new Error('no container')
  const { securityContext: own, volumeMounts, env = [], workingDir = '/', command, args = [] } = container
  const { drop, add = [] } = own.capabilities
  if (!own.readOnlyRootFilesystem || own.allowPrivilegeEscalation || drop.join() !== 'ALL')
    throw new Error('that container could do more than it needs')
  if (!existsSync(join(local, 'bin', 'node'))) copyFileSync(process.execPath, join(local, 'bin', 'node'))
  const mounts = volumeMounts.map(({ name, mountPath, readOnly = false }) => {
    const source = volumes[name]
    if (source === undefined) throw new Error(`no volume ${name}`)
    return `${readOnly ? 'ro' : 'rw'} ${mountPath} ${source}`
  })
  if (account !== undefined && automountServiceAccountToken !== false)
    mounts.push(`ro /var/run/secrets/kubernetes.io/serviceaccount ${account}`)
  const user = own.runAsUser ?? pod.runAsUser ?? 0
  const group = pod.runAsGroup ?? user
  const variables = {
    PATH: '/usr/local/bin:/usr/bin:/bin',
    HOME: '/',
    ...Object.fromEntries(env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]]))),
    ...environment,
  }
  const bounding = ['-all', ...add.map((name) => `+${name.toLowerCase()}`)].join(',')
  const limits = [`--bounding-set=${bounding}`, '--inh-caps=-all', '--no-new-privs']
  // Who is not root here can be no other user either.
  const identity = isRoot() ? [`--reuid=${user}`, `--regid=${group}`, '--clear-groups'] : []
  return spawn(
    'unshare',
    [
      ...namespaces(),
      'sh',
      '-euc',
      setup,
      'sh',
      'setpriv',
      ...identity,
      ...limits,
      'env',
      '-i',
      `--chdir=${workingDir}`,
      ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
      ...command,
      ...args,
    ],
    {
      env: { PATH: process.env['PATH'], LOCAL: local, MOUNTS: mounts.join('\n') },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
}
