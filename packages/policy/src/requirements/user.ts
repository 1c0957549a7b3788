/** Largest uid that runtimes take. */
const maxUid = 2 ** 31 - 1

/** Why the user of an image (`user[:group]`, names or numbers) is not one without rights; absent means root. */
export function findUserFault(
  user: string | undefined,
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
  return demand === 'numeric-non-root' ? `${shown}, which is no number: it may be root` : undefined
}
