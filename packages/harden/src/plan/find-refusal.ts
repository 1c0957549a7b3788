import type { Inventory } from '@sallyport/inventory'

/** Why the packages of an image can't be removed; `undefined` when they can. */
export function findRefusal({ packages, gaps }: Inventory): string | undefined {
  if (!packages.some(({ type, dpkg }) => type === 'deb' && dpkg)) return 'the image has no dpkg packages'
  const unreadable = gaps.find(({ code }) => code === 'UNREADABLE')
  return unreadable && `the package database can't be trusted: ${unreadable.message}`
}
