import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '@sallyport/core'

/** Said once, on the page after a form. */
export interface Flash {
  readonly kind: 'done' | 'note'
  readonly text: string
}

/** Somebody who is signed in. */
export interface Session {
  readonly reviewer: string
  /** Stands in each form: a request that does not have it comes from elsewhere. */
  readonly formToken: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  flash?: Flash | undefined
}

/** Sessions by secret ids, of which only hashes are kept. */
export interface Sessions {
  /** Begins a session; resolves with its id for the cookie. */
  open(reviewer: string): { readonly id: string; readonly session: Session }
  find(id: string | undefined): Session | undefined
  close(id: string | undefined): void
}

const maxOfReviewer = 20

const keyOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url')
/** 256 bits, as text that needs no escape. */
export const randomSecret = (): string => randomBytes(32).toString('base64url')

/** Compares in a time that tells nothing of either. */
export function isSameSecret(one: string, other: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(one), hash(other))
}

/** Keeps sessions in memory: a restart ends them. */
export function createSessions({
  clock,
  lifetimeMs,
  maxSessions,
}: {
  readonly clock: Clock
  readonly lifetimeMs: number
  readonly maxSessions: number
}): Sessions {
  // In the order in which they began, which is that in which they end.
  const sessions = new Map<string, Session>()
  const endOldest = (isOf: (session: Session) => boolean, most: number): void => {
    const keys = [...sessions].filter(([, session]) => isOf(session)).map(([key]) => key)
    for (const key of keys.slice(0, Math.max(0, keys.length - most))) sessions.delete(key)
  }
  return {
    open(reviewer) {
      const now = clock.now().getTime()
      endOldest(({ expiresAt }) => expiresAt <= now, 0)
      endOldest((session) => session.reviewer === reviewer, maxOfReviewer - 1)
      endOldest(() => true, maxSessions - 1)
      const id = randomSecret()
      const session: Session = { reviewer, formToken: randomSecret(), expiresAt: now + lifetimeMs }
      sessions.set(keyOf(id), session)
      return { id, session }
    },
    find(id) {
      const session = id === undefined ? undefined : sessions.get(keyOf(id))
      return session && session.expiresAt > clock.now().getTime() ? session : undefined
    },
    close(id) {
      if (id !== undefined) sessions.delete(keyOf(id))
    },
  }
}
