import type { Package } from './inventory.ts'

/**
 * Whether the advisories of the system package that brought a language package are about it: distributions repair without
 * changing the version. Not so of what replaced that which it brought.
 */
export function isJudgedByOwner({
  ownedBy,
  isReplaced = false,
}: Pick<Package, 'ownedBy' | 'isReplaced'>): boolean {
  return ownedBy !== undefined && !isReplaced
}
