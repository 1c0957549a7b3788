import type { Inventory } from '@sallyport/inventory'
import type { OpenedSystems } from '../systems/open-systems.ts'

/** Why the packages of an image can't be removed; `undefined` when they can. */
export function findRefusal(
  { gaps }: Inventory,
  { packages, refusals }: Pick<OpenedSystems, 'packages' | 'refusals'>,
): string | undefined {
  const unreadable = gaps.find(({ code }) => code === 'UNREADABLE')
  if (unreadable) return `the package database can't be trusted: ${unreadable.message}`
  if (packages.length > 0) return undefined
  return [...refusals.values()][0] ?? 'the image has no packages that can be removed'
}
