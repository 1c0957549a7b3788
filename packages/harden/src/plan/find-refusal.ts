import type { Inventory } from '@sallyport/inventory'
import { isDatabaseFile } from '../invariants/is-database-file.ts'
import type { OpenedSystems } from '../systems/open-systems.ts'

/** Why the packages of an image can't be removed; `undefined` when they can. */
export function findRefusal(
  { gaps }: Inventory,
  { packages, refusals }: Pick<OpenedSystems, 'packages' | 'refusals'>,
): string | undefined {
  // A broken archive of an application stays, and so does its gap; it says nothing about the database.
  const unreadable = gaps.find(
    ({ code, path }) => code === 'UNREADABLE' && (path === undefined || isDatabaseFile(path)),
  )
  if (unreadable) return `the package database can't be trusted: ${unreadable.message}`
  if (packages.length > 0) return undefined
  return [...refusals.values()][0] ?? 'the image has no packages that can be removed'
}
