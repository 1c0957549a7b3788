import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Image, openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import type { FileDescription, LayerDescription } from '@sallyport/testkit'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  debianImage,
  type DescribedPackage,
  executable,
  libraries,
} from './breakages/debian-image.fixture.ts'
import { buildElf } from './elf/elf.fixture.ts'
import { hardenImage } from './harden-image.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'harden-property-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** A package of a random graph: what it depends on, links with, runs and leads to, by number. */
const randomPackage = fc.record({
  depends: fc.array(fc.nat(7), { maxLength: 2 }),
  needed: fc.array(fc.nat(7), { maxLength: 2 }),
  runs: fc.array(fc.nat(7), { maxLength: 2 }),
  link: fc.option(fc.nat(7)),
  isScript: fc.boolean(),
})
const randomGraph = fc.record({
  packages: fc.array(randomPackage, { minLength: 8, maxLength: 8 }),
  entry: fc.nat(7),
  mode: fc.constantFrom('closed' as const, 'relaxed' as const),
  /** Packages whose data a second layer writes again, and those whose data a third hides. */
  overwritten: fc.array(fc.nat(7), { maxLength: 2 }),
  hidden: fc.array(fc.nat(7), { maxLength: 2 }),
})
type Graph = typeof randomGraph extends fc.Arbitrary<infer T> ? T : never

const program = (index: number) => `/usr/bin/p${index}`
const library = (index: number) => `${libraries}/libp${index}.so.1`
const data = (index: number) => `/usr/share/p${index}/data`

/** Names in scripts are of packages that a script or program starts; programs have no words. */
function describeGraph({ packages, overwritten, hidden }: Graph, order: (names: string[]) => string[]) {
  const described: Record<string, DescribedPackage> = {}
  for (const name of order(packages.map((_, index) => `p${index}`))) {
    const index = Number(name.slice(1))
    const { depends, needed, runs, link, isScript } = packages[index]!
    const files: Record<string, FileDescription> = {
      [program(index)]: isScript
        ? executable(`#!/bin/sh\n${runs.map((one) => `p${one}`).join('\n')}\n`)
        : executable(buildElf({ needed: needed.map((one) => `libp${one}.so.1`) })),
      [library(index)]: buildElf({ soname: `libp${index}.so.1` }),
      [data(index)]: `data of ${index}`,
    }
    if (link !== null) files[`/usr/share/p${index}/link`] = { symlink: data(link) }
    const fields = depends.length > 0 ? `Depends: ${depends.map((one) => `p${one}`).join(', ')}\n` : ''
    described[name] = { files, fields }
  }
  const layers: LayerDescription[] = [
    { files: Object.fromEntries(overwritten.map((index) => [data(index), `data of ${index}`])) },
    { whiteouts: hidden.map(data) },
  ]
  return { described, layers }
}

/** What must stay, by the description alone: the least set that holds the entry and all that it leads to. */
function modelOf({ packages, entry, mode, hidden }: Graph): ReadonlySet<number> {
  // Words of a script count only where it is run; libraries, links and dependencies of all that stays do.
  const run = new Set([entry])
  for (const index of run)
    if (packages[index]!.isScript) for (const next of packages[index]!.runs) run.add(next)
  const kept = new Set(run)
  for (const index of kept) {
    const { depends, needed, link, isScript } = packages[index]!
    if (!isScript) for (const next of needed) kept.add(next)
    if (link !== null && !hidden.includes(link)) kept.add(link)
    if (mode === 'closed') for (const next of depends) kept.add(next)
  }
  return kept
}

async function openGraph(graph: Graph, order: (names: string[]) => string[] = (names) => names) {
  const { described, layers } = describeGraph(graph, order)
  const config = { Entrypoint: [program(graph.entry)] }
  const source = debianImage({ packages: described, config, layers })
  const image = await openImage(source, source.raw, { directory })
  return { image, inventory: await createInventory(image) }
}

const namesOf = (report: Awaited<ReturnType<typeof hardenImage>>['report']) =>
  report.removed.map(({ name }) => name).sort()

/** The database and the disk say the same, read in the plainest way there is. */
async function expectTrueDatabase(image: Image): Promise<void> {
  const read = async (path: string) => Buffer.from(await image.readFile(image.tree.get(path)!)).toString()
  const status = await read('/var/lib/dpkg/status')
  const listed = [...image.tree.entries()].filter(({ path }) =>
    /^\/var\/lib\/dpkg\/info\/[^/]+\.list$/.test(path),
  )
  const names = listed.map(({ path }) => path.slice('/var/lib/dpkg/info/'.length, -'.list'.length))
  expect([...status.matchAll(/^Package: (.*)$/gm)].map(([, name]) => name!).sort()).toEqual(names.sort())
}

describe('hardenImage, on random graphs of packages', () => {
  it('keeps exactly what is used, is idempotent, and gives the same whatever the order', async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph, async (graph) => {
        const { image, inventory } = await openGraph(graph)
        await using _image = image
        const options = { mode: graph.mode, directory, smoke: { elsewhere: 'the laws of this test' } }
        const { report, image: after } = await hardenImage(image, inventory, options)
        await using _after = after
        const kept = modelOf(graph)
        const removed = graph.packages.flatMap((_, index) => (kept.has(index) ? [] : [`p${index}`]))
        expect(namesOf(report).filter((name) => /^p\d$/.test(name))).toEqual(removed)
        expect(report.invariants.filter(({ holds }) => !holds)).toEqual([])

        for (const [index] of graph.packages.entries())
          for (const path of [program(index), library(index), data(index)])
            expect(after!.tree.get(path) !== undefined).toBe(
              kept.has(index) && image.tree.get(path) !== undefined,
            )
        await expectTrueDatabase(after!)

        const second = await hardenImage(after!, await createInventory(after!), options)
        expect(second.image).toBeUndefined()

        const { image: same, report: sameReport } = await hardenImage(image, inventory, options)
        await using _same = same
        expect(same!.raw.descriptor.digest).toBe(after!.raw.descriptor.digest)
        expect(sameReport).toEqual(report)

        const reversed = await openGraph(graph, (names) => names.toReversed())
        await using _reversed = reversed.image
        const other = await hardenImage(reversed.image, reversed.inventory, options)
        await using _other = other.image
        expect(namesOf(other.report)).toEqual(namesOf(report))
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 12) },
    )
  }, 120_000)

  it('removes in relaxed mode all that it removes in closed mode', async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph, async (graph) => {
        const { image, inventory } = await openGraph(graph)
        await using _image = image
        const closed = await hardenImage(image, inventory, { mode: 'closed', directory })
        await using _closed = closed.image
        const relaxed = await hardenImage(image, inventory, {
          mode: 'relaxed',
          directory,
          smoke: { elsewhere: 'the laws of this test' },
        })
        await using _relaxed = relaxed.image
        expect(namesOf(relaxed.report)).toEqual(expect.arrayContaining(namesOf(closed.report)))
      }),
      { numRuns: Number(process.env.PROPERTY_RUNS ?? 8) },
    )
  }, 120_000)
})
