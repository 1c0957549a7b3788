import { expect } from 'vitest'
import { createInventory } from './create-inventory.ts'
import { type Files, imageOf } from './image.fixture.ts'
import type { Package } from './inventory.ts'

/** The packages of an image of these files, in which nothing may be left unseen. */
export async function listPackages(files: Files): Promise<readonly Package[]> {
  const { packages, gaps } = await createInventory(imageOf(files))
  expect(gaps).toEqual([])
  return packages
}
