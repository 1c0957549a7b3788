import { createHash } from 'node:crypto'
import type { Credentials } from '../ports/credential-provider.ts'

/** Tells credentials apart without keeping them: a token belongs to whom it was given. */
export function fingerprint(credentials: Credentials | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify(credentials ?? null))
    .digest('hex')
}
