import type { RevocationList } from '../revoke/revocation-list.ts'

/** Where it stands what is revoked. */
export interface RevocationSource {
  /** Reads the list as it is now. A rejection makes the verdict of every image `error`. */
  read(options: { readonly signal: AbortSignal }): Promise<RevocationList>
}
