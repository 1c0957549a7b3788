import type { FileNode } from '@sallyport/image'
import { entryCommands } from '../../usage/entry-commands.ts'
import type { UsageEdgeKind } from '../../usage/usage.ts'
import { type Account, parseAccounts, parseGroups, resolveUser } from '../accounts.ts'
import type { CheckContext, CheckFinding, ConfigChange } from '../check-context.ts'
import { volumesOf } from './check-instructions.ts'

const nonroot = 65532
/** Accounts of base systems that run no service of an image. */
const systemAccounts = new Set(
  (
    'root daemon bin sys sync games man lp mail news uucp proxy backup list irc gnats nobody _apt operator halt shutdown ' +
    'ftp adm systemd-network systemd-resolve systemd-timesync messagebus sshd ntp guest squid cron smmsp postmaster ' +
    'cyrus vpopmail xfs at svn tcpdump dbus polkitd nscd'
  ).split(' '),
)

/** Whether the image runs as root, and whom else it could run as. */
export async function checkUser(context: CheckContext): Promise<readonly CheckFinding[]> {
  const { config, read, view } = context
  const passwd = await read('/etc/passwd')
  const accounts = parseAccounts(passwd ?? '')
  const groups = parseGroups((await read('/etc/group')) ?? '')
  const user = resolveUser(config.config?.User ?? '', accounts, groups)
  if (user !== undefined && user.uid !== 0) return []
  const finding = { subject: 'User' }
  if (user === undefined) {
    return [
      {
        ...finding,
        detail: 'a name that the image has no account of',
        blocked: 'it can’t be told who that is',
      },
    ]
  }
  const candidate = findCandidate(context, accounts)
  const id = candidate ?? { uid: nonroot, gid: nonroot }
  const detail = `root; ${candidate ? `${candidate.name} (${id.uid}:${id.gid}) owns the application’s files` : `${nonroot}:${nonroot} could take its place`}`
  const blocked = await findObstacle(context, id)
  const changes: ConfigChange[] = [
    {
      change: 'config',
      edit: (edited) => ({ ...edited, config: { ...edited.config, User: `${id.uid}:${id.gid}` } }),
    },
  ]
  if (candidate === undefined) {
    const passwdPath = view.resolve('/etc/passwd')?.path
    const groupPath = view.resolve('/etc/group')?.path
    const hasName = [...accounts, ...groups].some(({ name }) => name === 'nonroot')
    const name = hasName ? 'nonroot65532' : 'nonroot'
    if (passwdPath !== undefined && !accounts.some(({ uid }) => uid === nonroot)) {
      const line = `${name}:x:${nonroot}:${nonroot}:nonroot:/nonexistent:/sbin/nologin`
      changes.push({ change: 'text', path: passwdPath, edit: (text) => addLine(text, line) })
    }
    if (groupPath !== undefined && !groups.some(({ gid }) => gid === nonroot))
      changes.push({
        change: 'text',
        path: groupPath,
        edit: (text) => addLine(text, `${name}:x:${nonroot}:`),
      })
  }
  return [{ ...finding, detail, blocked, changes }]
}

function addLine(text: string, line: string): string {
  return `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${line}\n`
}

/** The account that was made for the application: of those that own files, the one that owns most. */
function findCandidate({ nodes }: CheckContext, accounts: readonly Account[]): Account | undefined {
  const owned = new Map<number, number>()
  for (const { uid } of nodes) if (uid !== 0) owned.set(uid, (owned.get(uid) ?? 0) + 1)
  return accounts
    .filter(
      ({ uid, name }) =>
        owned.has(uid) && uid !== nonroot && !systemAccounts.has(name) && !name.startsWith('_'),
    )
    .toSorted((a, b) => (owned.get(b.uid) ?? 0) - (owned.get(a.uid) ?? 0) || a.uid - b.uid)[0]
}

/** Why the image may not work as this user; undefined when nothing speaks against it. */
async function findObstacle(
  context: CheckContext,
  id: { readonly uid: number; readonly gid: number },
): Promise<string | undefined> {
  const { config, analysis, view } = context
  if (analysis.unresolved !== undefined) return `it can’t be told what the image runs: ${analysis.unresolved}`
  const port = Object.keys(volumesOf(config.config?.ExposedPorts)).find(
    (name) => Number.parseInt(name, 10) < 1024,
  )
  if (port !== undefined) return `it listens on port ${port.slice(0, 20)}, below 1024`
  for (const path of Object.keys(volumesOf(config.config?.Volumes))) {
    const node = view.resolve(path)
    if (node === undefined || !allows(node, id, 0o2))
      return `the volume ${path.slice(0, 200)} can’t be written`
  }
  const word = entryCommands(config)
    .flatMap(({ words }) => words)
    .map(findSwitch)
    .find((found) => found)
  if (word !== undefined) return `its command calls ${word}, which needs root`
  for (const path of analysis.graph.reached()) {
    const node = view.resolve(path)
    if (node === undefined) continue
    if (analysis.graph.usageOf(path) === 'linked' && !isReachable(context, node, id))
      return `${path} is used, but can’t be read`
    if (!isRun(context, path)) continue
    const reason = await findNeedOfRoot(context, node, id)
    if (reason !== undefined) return reason
  }
  return undefined
}

const switching =
  /(?<![\w./-])(?:\/[\w/-]{1,100}\/)?(gosu|su-exec|setpriv|runuser|su|sudo|chown|chgrp|chroot|usermod|useradd|groupadd|adduser|addgroup|sysctl|mount|start-stop-daemon)(?![\w./=-])/

function findSwitch(text: string): string | undefined {
  return switching.exec(text)?.[1]
}

const runKinds: ReadonlySet<UsageEdgeKind> = new Set([
  'entry',
  'shebang',
  'shell-word',
  'sourced',
  'symlink',
  'config-include',
])

/** Whether the image's commands run or read a file, and not only a library needs it. */
function isRun({ analysis }: CheckContext, path: string): boolean {
  return analysis.graph.chainTo(path).every(({ kind }) => runKinds.has(kind))
}

/** Folders that services write into. */
const stateful = /^\/(?:run|var\/(?:run|log|lib|cache|spool|tmp|www))\/./

async function findNeedOfRoot(
  { analysis, view }: CheckContext,
  node: FileNode,
  id: { readonly uid: number; readonly gid: number },
): Promise<string | undefined> {
  if (node.type !== 'file') return undefined
  const content = await analysis.contents.read(node)
  if (content.type === 'script') {
    const word = findSwitch(content.text)
    if (word !== undefined) return `${node.path} calls ${word}, which needs root`
  }
  const names =
    content.type === 'elf'
      ? content.names.paths
      : content.type === 'script' || content.type === 'text'
        ? [...content.text.matchAll(/(?<![\w./-])\/(?:run|var)\/[\w./-]{1,200}/g)].map(([name]) => name)
        : []
  for (const name of names.filter((one) => stateful.test(one))) {
    // A file that is made at run time needs its folder, which may only be made then, too.
    const at = view.resolve(name) ?? view.resolve(name.slice(0, name.lastIndexOf('/')) || '/')
    if (at !== undefined && at.type !== 'symlink' && !allows(at, id, 0o2))
      return `${node.path} names ${name}, which ${id.uid}:${id.gid} can’t write`
  }
  return undefined
}

/** Whether the user may read a file (or enter a folder) and every folder above it. */
function isReachable(
  { view }: CheckContext,
  node: FileNode,
  id: { readonly uid: number; readonly gid: number },
): boolean {
  if (node.type !== 'file' && node.type !== 'directory') return true
  if (!allows(node, id, node.type === 'directory' ? 0o1 : 0o4)) return false
  for (let at = node.path.lastIndexOf('/'); at > 0; at = node.path.lastIndexOf('/', at - 1)) {
    const folder = view.get(node.path.slice(0, at))
    if (folder?.type === 'directory' && !allows(folder, id, 0o1)) return false
  }
  return true
}

/** Whether the bits for this user are set: the first class that fits decides, as in the kernel. */
function allows(
  { mode, uid, gid }: FileNode,
  id: { readonly uid: number; readonly gid: number },
  bits: number,
): boolean {
  const shift = uid === id.uid ? 6 : gid === id.gid ? 3 : 0
  return ((mode >> shift) & bits) === bits
}
