import type { Image } from '@sallyport/image'
import type { Violation } from './invariant.ts'

type Configured = Pick<Image, 'config' | 'tree' | 'readFile'>

/**
 * I13: how the image is run has not changed, but for the keys of its configuration that were meant to; its user has an
 * account, and `/tmp` is everybody's, where it was so before.
 */
export async function compareConfiguration(
  before: Configured,
  after: Configured,
  meant: ReadonlySet<string>,
  signal?: AbortSignal,
): Promise<readonly Violation[]> {
  const violations: Violation[] = []
  for (const key of ['os', 'architecture', 'variant'] as const) {
    if (before.config[key] !== after.config[key]) violations.push({ message: `${key} is another` })
  }
  const [was, is] = [before, after].map(({ config }) => new Map(Object.entries(config.config ?? {})))
  for (const key of new Set([...was!.keys(), ...is!.keys()])) {
    if (!meant.has(key) && JSON.stringify(was!.get(key)) !== JSON.stringify(is!.get(key)))
      violations.push({ message: `${key} of the configuration is another` })
  }
  const user = after.config.config?.User
  const wasKnown = user !== before.config.config?.User || (await hasUser(before, user, signal))
  if (wasKnown && !(await hasUser(after, user, signal)))
    violations.push({ message: `the user ${user} has no account`, at: '/etc/passwd' })
  const [tmpBefore, tmpAfter] = [before.tree.resolve('/tmp'), after.tree.resolve('/tmp')]
  if (tmpBefore?.mode === everybody && tmpAfter?.mode !== everybody)
    violations.push({ message: '/tmp is not a folder for everybody', at: '/tmp', path: tmpBefore.path })
  return violations
}

const everybody = 0o1777

/** Whether the user by that name is there; a number needs no account. */
async function hasUser(
  image: Configured,
  user: string | null | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const name = (user ?? '').split(':')[0]!
  if (/^\d*$/.test(name)) return true
  const node = image.tree.resolve('/etc/passwd')
  if (node?.type !== 'file') return false
  const text = Buffer.from(await image.readFile(node, { signal })).toString('utf8')
  return text.split('\n').some((line) => line.startsWith(`${name}:`))
}
