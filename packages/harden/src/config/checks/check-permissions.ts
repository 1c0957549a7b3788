import type { FileNode } from '@sallyport/image'
import { parseAccounts, parseGroups, resolveUser } from '../accounts.ts'
import { type CheckContext, type CheckFinding, describeUse, useOf } from '../check-context.ts'

const temporary = ['/tmp', '/var/tmp', '/dev/shm', '/run/lock', '/var/lock']

/** Folders for temporary files in which everybody could delete what others wrote. */
export function checkStickyFolders({ view }: CheckContext): readonly CheckFinding[] {
  const folders = new Map(
    temporary.flatMap((path) => {
      const node = view.resolve(path)
      return node?.type === 'directory' ? [[node.path, node] as const] : []
    }),
  )
  return [...folders.values()]
    .filter(({ mode }) => (mode & 0o002) !== 0 && (mode & 0o1000) === 0)
    .map(({ path }) => ({
      subject: path,
      detail: 'everybody may write, and delete what others wrote: no sticky bit',
      changes: [{ change: 'attributes', path, set: 0o1000 }],
    }))
}

/** Files and folders that everybody may change. */
export async function checkWritable(context: CheckContext): Promise<readonly CheckFinding[]> {
  const user = await userOf(context)
  return context.nodes
    .filter(
      ({ path, type, mode }) =>
        (type === 'file' || type === 'directory') &&
        (mode & 0o002) !== 0 &&
        (type === 'file' || (mode & 0o1000) === 0) &&
        !temporary.includes(path) &&
        !/^\/(?:dev|proc|sys)(?:\/|$)/.test(path),
    )
    .map((node) => ({
      subject: node.path,
      detail: `everybody may write: mode ${node.mode.toString(8)}`,
      blocked: blockWritable(node, user),
      changes: [{ change: 'attributes', path: node.path, clear: 0o002 }],
    }))
}

/** Root needs no bit; anybody else may need this one. */
function blockWritable(
  { uid, gid, mode }: FileNode,
  user: { readonly uid: number; readonly gid: number } | undefined,
): string | undefined {
  if (user?.uid === 0) return undefined
  const others =
    user !== undefined && ((user.uid === uid && mode & 0o200) || (user.gid === gid && mode & 0o020))
  return others ? undefined : 'the user of the image may write there by this bit alone'
}

/** Programs that the user of the image could overwrite: then a fault in them outlives a restart. */
export async function checkOwnership(context: CheckContext): Promise<readonly CheckFinding[]> {
  const user = await userOf(context)
  return context.nodes
    .filter(({ path, type, mode, uid, gid }) => {
      if (type !== 'file' || (mode & 0o111) === 0 || useOf(context, path) === undefined) return false
      return uid !== 0 || (gid !== 0 && (mode & 0o020) !== 0)
    })
    .map((node) => {
      const { path, mode, uid, gid } = node
      const edge = useOf(context, path)
      const lost =
        user !== undefined && user.uid === 0 ? 0 : ((mode >> 6) & ~mode & 0o5) | ((mode >> 3) & ~mode & 0o5)
      const why = edge === undefined ? '' : `; ${describeUse(edge)}`
      return {
        subject: path,
        detail: `a program in use that ${uid}:${gid} may overwrite${why}`,
        blocked:
          lost !== 0
            ? 'only its owner or group may read or run it'
            : (mode & 0o6000) !== 0
              ? 'it runs as its owner or group'
              : undefined,
        changes: [{ change: 'attributes' as const, path, uid: 0, gid: 0 }],
      }
    })
}

/** The user that the image runs as; undefined when it can't be told. */
async function userOf({
  config,
  read,
}: Pick<CheckContext, 'config' | 'read'>): Promise<
  { readonly uid: number; readonly gid: number } | undefined
> {
  const accounts = parseAccounts((await read('/etc/passwd')) ?? '')
  const groups = parseGroups((await read('/etc/group')) ?? '')
  return resolveUser(config.config?.User ?? '', accounts, groups)
}
