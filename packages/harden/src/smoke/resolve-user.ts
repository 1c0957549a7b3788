import type { Image } from '@sallyport/image'
import { HardenError } from '../errors.ts'

/** A user and group by number. */
export interface UserIds {
  readonly uid: number
  readonly gid: number
  readonly home: string
}

/**
 * The user that an image's configuration names, as container runtimes find it: names in `/etc/passwd` and `/etc/group`.
 *
 * @throws {HardenError} `SMOKE_UNAVAILABLE` for a name that the image does not have.
 */
export async function resolveUser(image: Image, signal?: AbortSignal): Promise<UserIds> {
  const [user = '', group] = (image.config.config?.User || '0').split(':')
  const accounts = await readRecords(image, '/etc/passwd', signal)
  const groups = await readRecords(image, '/etc/group', signal)
  const isNumber = (text: string) => /^\d{1,9}$/.test(text)
  const account = accounts.find((fields) => fields[isNumber(user) ? 2 : 0] === user)
  const uid = isNumber(user) ? user : account?.[2]
  const ownGroup = group === undefined || group === '' ? (account?.[3] ?? '0') : group
  const gid = isNumber(ownGroup) ? ownGroup : groups.find(([name]) => name === ownGroup)?.[2]
  if (uid === undefined || gid === undefined || !isNumber(uid) || !isNumber(gid))
    throw new HardenError(
      'SMOKE_UNAVAILABLE',
      `the image does not have the user ${JSON.stringify(image.config.config?.User)}`,
    )
  return { uid: Number(uid), gid: Number(gid), home: account?.[5] || '/' }
}

async function readRecords(
  image: Image,
  path: string,
  signal: AbortSignal | undefined,
): Promise<readonly (readonly string[])[]> {
  const node = image.tree.resolve(path)
  if (node?.type !== 'file') return []
  const text = Buffer.from(await image.readFile(node, { maxBytes: 4 * 1024 * 1024, signal })).toString('utf8')
  return text.split('\n').map((line) => line.split(':'))
}
