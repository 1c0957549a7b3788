import type { Image } from '@sallyport/image'

const accounts = '/etc/passwd'
const maxBytes = 4 * 1024 * 1024

/**
 * The uid under which a runtime starts a `user` that is a name: that of the first account of the image so named, 0 where
 * the account has no number, as runtimes read it. `undefined` for a number, and for a name that the image does not have.
 *
 * @throws {ImageError} `LIMIT_EXCEEDED` when `/etc/passwd` is larger than 4 MiB.
 */
export async function findUserId(
  image: Pick<Image, 'tree' | 'readFile'>,
  user: string | undefined,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<number | undefined> {
  const [name = ''] = (user ?? '').trim().split(':')
  if (name === '' || /^[+-]?[0-9]+$/.test(name)) return undefined
  const node = image.tree.resolve(accounts)
  if (node?.type !== 'file') return undefined
  const text = Buffer.from(await image.readFile(node, { maxBytes, signal })).toString('utf8')
  const account = text
    .split('\n')
    .map((line) => line.trim().split(':'))
    .find(([first]) => first === name)
  if (!account) return undefined
  const uid = account[2] ?? ''
  return /^[+-]?[0-9]+$/.test(uid) ? Number(uid) : 0
}
