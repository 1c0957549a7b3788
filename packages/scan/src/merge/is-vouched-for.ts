import type { Suppression } from '../finding.ts'

/** Whether somebody whom the caller trusts says that it does not count, and not only a scanner. */
export function isVouchedFor({ suppressed }: { readonly suppressed?: Suppression | undefined }): boolean {
  return suppressed !== undefined && suppressed.kind !== 'scanner'
}
