/** A line of `/etc/passwd` (passwd(5)). */
export interface Account {
  readonly name: string
  readonly password: string
  readonly uid: number
  readonly gid: number
}

/** Reads the accounts of `/etc/passwd`; lines that are none are left out. */
export function parseAccounts(passwd: string): readonly Account[] {
  return parseLines(passwd, 4).flatMap(([name = '', password = '', uid = '', gid = '']) =>
    isNumber(uid) && isNumber(gid) ? [{ name, password, uid: Number(uid), gid: Number(gid) }] : [],
  )
}

/** Reads names and numbers of `/etc/group` (group(5)). */
export function parseGroups(group: string): readonly { readonly name: string; readonly gid: number }[] {
  return parseLines(group, 3).flatMap(([name = '', , gid = '']) =>
    isNumber(gid) ? [{ name, gid: Number(gid) }] : [],
  )
}

function parseLines(text: string, fields: number): readonly (readonly string[])[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'))
    .filter((parts) => parts.length >= fields && parts[0] !== '')
}

const isNumber = (text: string) => /^\d{1,10}$/.test(text)

/** Numbers that the `User` of a configuration stands for; undefined for a name that the image does not have. */
export function resolveUser(
  user: string,
  accounts: readonly Account[],
  groups: readonly { readonly name: string; readonly gid: number }[],
): { readonly uid: number; readonly gid: number } | undefined {
  const [name = '', group = ''] = user.trim().split(':')
  // A name comes before a number of the same text, as in runtimes.
  const account =
    accounts.find((one) => one.name === (name || 'root')) ??
    (isNumber(name) ? accounts.find(({ uid }) => uid === Number(name)) : undefined)
  const uid = account?.uid ?? (isNumber(name) ? Number(name) : name === '' || name === 'root' ? 0 : undefined)
  if (uid === undefined) return undefined
  if (group === '') return { uid, gid: account?.gid ?? 0 }
  const gid = groups.find((one) => one.name === group)?.gid ?? (isNumber(group) ? Number(group) : undefined)
  return gid === undefined ? undefined : { uid, gid }
}
