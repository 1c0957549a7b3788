import { createHash, timingSafeEqual } from 'node:crypto'

/** Whether an `Authorization` header holds one of the tokens; takes as long for every token. */
export function hasToken(authorization: string | undefined, tokens: readonly string[]): boolean {
  const given = /^Bearer ([^\s]+)$/i.exec(authorization ?? '')?.[1]
  if (given === undefined) return false
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest()
  const asked = hash(given)
  return tokens.filter((token) => timingSafeEqual(hash(token), asked)).length > 0
}
