import { parseAccounts, parseGroups } from '../accounts.ts'
import type { CheckContext, CheckFinding } from '../check-context.ts'

/** Accounts that let anybody in, because the field of their password is empty (shadow(5)). */
export async function checkAccounts(context: CheckContext): Promise<readonly CheckFinding[]> {
  const findings: CheckFinding[] = []
  for (const name of ['/etc/shadow', '/etc/passwd']) {
    const path = context.view.resolve(name)?.path
    const text = path === undefined ? undefined : await context.read(path)
    if (path === undefined || text === undefined) continue
    for (const line of text.split('\n').filter((one) => emptyPassword.test(one))) {
      findings.push({
        subject: path,
        detail: `the account ${JSON.stringify(line.slice(0, line.indexOf(':')).slice(0, 64))} has an empty password`,
        changes: [{ change: 'text', path, edit: lockAccounts }],
      })
    }
  }
  return findings
}

/** `name::…`; a line without further fields is no account. */
const emptyPassword = /^[^:#+-][^:]{0,255}::[^:]/

function lockAccounts(text: string): string {
  return text
    .split('\n')
    .map((line) => (emptyPassword.test(line) ? line.replace('::', ':*:') : line))
    .join('\n')
}

/** Accounts that are one user, and groups that are one group, because they have one number. */
export async function checkDuplicateIds({ read }: CheckContext): Promise<readonly CheckFinding[]> {
  const accounts = parseAccounts((await read('/etc/passwd')) ?? '')
  const groups = parseGroups((await read('/etc/group')) ?? '')
  return [
    ...findShared(
      '/etc/passwd',
      'uid',
      accounts.map(({ name, uid }) => ({ name, id: uid })),
    ),
    ...findShared(
      '/etc/group',
      'gid',
      groups.map(({ name, gid }) => ({ name, id: gid })),
    ),
  ]
}

function findShared(
  subject: string,
  what: string,
  entries: readonly { readonly name: string; readonly id: number }[],
): readonly CheckFinding[] {
  const byId = Map.groupBy(entries, ({ id }) => id)
  return [...byId]
    .map(([id, found]) => [id, [...new Set(found.map(({ name }) => name))]] as const)
    .filter(([, names]) => names.length > 1)
    .map(([id, names]) => ({ subject, detail: `${what} ${id} is shared by ${names.slice(0, 5).join(', ')}` }))
}
