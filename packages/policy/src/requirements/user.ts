import type { ConfigurationFacts } from '../facts.ts'

/** Largest uid that runtimes take. */
const maxUid = 2 ** 31 - 1

/**
 * Why the user of an image (`user[:group]`, names or numbers) is not one without rights; absent means root, and so does a
 * name to which the image gives the uid 0.
 */
export function findUserFault(
  { user, uid: givenUid }: Pick<ConfigurationFacts, 'user' | 'uid'>,
  demand: 'non-root' | 'numeric-non-root',
): string | undefined {
  const [name = ''] = (user ?? '').trim().split(':')
  const shown = `user ${JSON.stringify(user ?? '')}`
  // Runtimes read a number first, with any sign and zeros before it.
  if (/^[+-]?[0-9]+$/.test(name)) {
    const uid = Number(name)
    return uid > 0 && uid <= maxUid ? undefined : `${shown}, which is root or no uid`
  }
  if (name === '' || name === 'root') return `${shown}, which is root`
  if (givenUid === 0) return `${shown}, which is root by another name`
  return demand === 'numeric-non-root' ? `${shown}, which is no number: it may be root` : undefined
}
