import { createHash, timingSafeEqual } from 'node:crypto'
import { compare } from 'bcryptjs'

/** Whether a password is that of an entry. */
export type PasswordCheck = (password: string) => Promise<boolean>

/**
 * Reads a file of Apache's `htpasswd`: one `name:hash` a line, `#` begins a comment.
 *
 * @throws {Error} for a line that is none, and for hashes other than bcrypt and SHA-1.
 */
export function parseHtpasswd(text: string): Map<string, PasswordCheck> {
  const checks = new Map<string, PasswordCheck>()
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue
    const at = line.indexOf(':')
    const check = at > 0 ? toCheck(line.slice(at + 1).trim()) : undefined
    if (!check) throw new Error(`line ${index + 1} of the htpasswd file is no entry with bcrypt or SHA-1`)
    checks.set(line.slice(0, at), check)
  }
  return checks
}

function toCheck(hash: string): PasswordCheck | undefined {
  if (/^\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}$/.test(hash)) return (password) => compare(password, hash)
  const sha1 = /^\{SHA\}([A-Za-z0-9+/]{27}=)$/.exec(hash)?.[1]
  if (sha1 === undefined) return undefined
  const expected = Buffer.from(sha1, 'base64')
  return async (password) => timingSafeEqual(createHash('sha1').update(password).digest(), expected)
}
