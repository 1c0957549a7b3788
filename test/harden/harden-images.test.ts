import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { hardenImage, type HardenReport } from '@sallyport/harden'
import type { Image } from '@sallyport/image'
import type { Inventory, Package } from '@sallyport/inventory'
import { builtinScanner, type Scanner } from '@sallyport/scan'
import { hasRecords, readRecords } from '@sallyport/test-accuracy'
import { writeTrivyCache } from '@sallyport/test-accuracy/inventories'
import { imageNames, serviceNames, smokeCommands } from '@sallyport/test-images'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { compareTools } from './compare-tools.ts'
import { examineImage, type ExaminedImage } from './examine-image.ts'
import { type Figures, renderFigures } from './figures.ts'
import { openRealImage } from './open-real-image.ts'

/** The ways in which each image is hardened. */
const ways = [
  { mode: 'closed' },
  { mode: 'relaxed', smoke: { elsewhere: 'the smoke tests of this suite' } },
] as const

const reports = fileURLToPath(new URL('../../.reports/', import.meta.url))
const figures: Figures[] = []
let directory: string
let trivyCache: string
let scanner: Scanner

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-harden-'))
  trivyCache = join(directory, 'trivy')
  await writeTrivyCache(trivyCache)
  scanner = builtinScanner({ advisories: hasRecords ? readRecords() : [] })
})
afterAll(async () => {
  await rm(directory, { recursive: true, force: true })
  await mkdir(reports, { recursive: true })
  await writeFile(join(reports, 'harden-figures.json'), `${JSON.stringify(figures, undefined, 2)}\n`)
  process.stdout.write(`\n${renderFigures(figures)}\n`)
})

const purlsOf = (packages: readonly Package[]) => packages.map(({ purl }) => purl).sort()

/** Programs that are recognised in a file of a package are no packages more. */
const countOwn = ({ packages }: ExaminedImage) =>
  packages.filter(({ ownedBy }) => ownedBy === undefined).length

/** What must be left by a report: without what it says was removed, and what was found in files of that. */
function withoutRemoved(packages: readonly Package[], { removed }: HardenReport): readonly Package[] {
  const open = new Map<string, number>()
  for (const { purl } of removed) open.set(purl, (open.get(purl) ?? 0) + 1)
  const purls = new Set(open.keys())
  return packages.filter(({ purl, ownedBy }) => {
    const count = open.get(purl) ?? 0
    if (count > 0) open.set(purl, count - 1)
    return count === 0 && !(ownedBy !== undefined && purls.has(ownedBy))
  })
}

describe.each([...imageNames, ...serviceNames])('%s', (name) => {
  let opened: { readonly image: Image; readonly inventory: Inventory }
  let before: ExaminedImage
  beforeAll(async () => {
    opened = await openRealImage(name, directory)
    before = await examineImage(name, opened, scanner, directory)
  })
  afterAll(() => opened?.image[Symbol.asyncDispose]())

  it.each(ways)('is hardened, $mode, and does what it did', async (way) => {
    const started = performance.now()
    const commands = await smokeCommands(name)
    const result = await hardenImage(opened.image, opened.inventory, { ...way, commands, directory })
    const seconds = (performance.now() - started) / 1000
    const { report } = result
    await using image = result.image
    const after = image
      ? await examineImage(name, { image, inventory: result.inventory! }, scanner, directory)
      : before
    figures.push({
      image: name,
      mode: way.mode,
      packages: [countOwn(before), countOwn(after)],
      bytes: [before.bytes, after.bytes],
      findings: [before.findings.length, after.findings.length],
      seconds,
      unchangedBecause: report.unchangedBecause,
    })

    expect.soft(after.answers).toBe(before.answers)
    expect.soft(after.complaints.filter((line) => !before.complaints.includes(line))).toEqual([])
    expect.soft(report.invariants.filter(({ holds }) => !holds)).toEqual([])
    expect.soft(purlsOf(after.packages)).toEqual(purlsOf(withoutRemoved(before.packages, report)))
    const found = new Set(before.findings.map(({ id, package: { purl } }) => `${purl} ${id}`))
    const surprises = after.findings.filter(({ id, package: { purl } }) => !found.has(`${purl} ${id}`))
    expect.soft(surprises).toEqual([])
    const left = image ?? opened.image
    expect.soft(await compareTools(name, left, result.inventory ?? opened.inventory, trivyCache)).toEqual([])
  })
})
