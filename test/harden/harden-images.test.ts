import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { checkInvariants, controlImage, type HardenReport } from '@sallyport/harden'
import { describeHardening, explainFinding, type HardenDocument } from '@sallyport/harden/report'
import type { PatchSource } from '@sallyport/harden/patch'
import { createInventory, type Package } from '@sallyport/inventory'
import type { Finding, Scanner } from '@sallyport/scan'
import { hasRecords } from '@sallyport/test-accuracy'
import { writeTrivyCache } from '@sallyport/test-accuracy/inventories'
import { type ImageName, imageNames, serviceNames, smokeCommands } from '@sallyport/test-images'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAptMirror } from './apt-mirror.ts'
import { compareTools } from './compare-tools.ts'
import { debianSources } from './debian-sources.ts'
import { examineImage, type ExaminedImage, type OpenedImage, scanImage } from './examine-image.ts'
import { type Change, cutOf, type Figures, mediansOf, renderFigures } from './figures.ts'
import { genuineScanner } from './genuine-scanner.ts'
import { hardenIn, type HardenedWay, patchAfter, type Way, ways } from './harden-way.ts'
import { openRealImage } from './open-real-image.ts'

const names = [...imageNames, ...serviceNames] as const
/** Images whose results are compared with them by all laws once more, without the plan. */
const comparedWhole = new Set<ImageName>(['redis', 'apk'])

const reports = fileURLToPath(new URL('../../.reports/', import.meta.url))
const figures: Figures[] = []
let directory: string
let trivyCache: string
let scanner: Scanner
let sources: readonly PatchSource[]

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-harden-'))
  trivyCache = join(directory, 'trivy')
  await writeTrivyCache(trivyCache)
  const mirror = await openAptMirror(join(directory, 'packages'))
  sources = await debianSources(mirror, mirror)
  scanner = await genuineScanner(mirror, directory)
})
afterAll(async () => {
  await rm(directory, { recursive: true, force: true })
  await mkdir(reports, { recursive: true })
  await writeFile(join(reports, 'harden-figures.json'), `${JSON.stringify(figures, undefined, 2)}\n`)
  process.stdout.write(`\n${renderFigures(figures)}\n`)
})

describe.each(names)('%s', (name) => {
  let opened: OpenedImage
  let before: ExaminedImage
  let closed: HardenedWay | undefined
  let closedFindings: readonly Finding[]
  beforeAll(async () => {
    opened = await openRealImage(name, directory)
    before = await examineImage(name, opened, scanner, directory)
  })
  afterAll(async () => {
    await closed?.image[Symbol.asyncDispose]()
    await opened?.image[Symbol.asyncDispose]()
  })

  it('has findings, where there are records of its distribution', () => {
    const without = new Set<ImageName>(['apk', 'rpm', ...(hasRecords ? [] : (['static'] as const))])
    expect(before.findings.length > 0).toBe(!without.has(name))
  })

  it.each(ways)('is hardened, %s, and does what it did', async (way) => {
    const result = await hardenOrPatch(way)
    const { report, patched } = result
    const [after, differences] = await Promise.all([
      result.image === opened.image ? before : examineImage(name, result, scanner, directory),
      compareTools(name, result.image, result.inventory, trivyCache),
    ])
    const document = documentOf(after, result)
    figures.push({
      image: name,
      mode: way,
      packages: [countOwn(before), countOwn(after)],
      bytes: [before.bytes, after.bytes],
      findings: [before.findings.length, after.findings.length],
      removed: document.findings!.gone.removed,
      patched: document.findings!.gone.patched,
      unusedButKept: document.kept.filter(({ usage }) => usage === 'present').length,
      seconds: result.seconds,
      unchangedBecause: report.unchangedBecause,
    })

    expect.soft(after.answers).toBe(before.answers)
    expect.soft(after.complaints.filter((line) => !before.complaints.includes(line))).toEqual([])
    const laws = [...report.invariants, ...(patched?.invariants ?? [])]
    expect.soft(laws.filter(({ holds }) => !holds)).toEqual([])
    expect.soft(listOf(after.packages)).toEqual(expectedAfter(before.packages, result))
    expect.soft(differences).toEqual([])
    expect.soft(surprisesOf(before.findings, after.findings)).toEqual([])
    expect.soft(document.findings!.gone.unexplained).toBe(0)
    expect.soft(unexplainedOf(document)).toEqual([])
    const repaired = new Set(
      patched?.findings.flatMap(({ state, purl, id }) => (state === 'patched' ? [`${purl} ${id}`] : [])),
    )
    expect
      .soft(after.findings.filter(({ id, package: { purl } }) => repaired.has(`${purl} ${id}`)))
      .toEqual([])
    if (comparedWhole.has(name) && result.image !== opened.image) await compareWhole(result, after)
    if (way === 'closed') closedFindings = after.findings
    else if (result.image !== opened.image && result.image !== closed?.image)
      await result.image[Symbol.asyncDispose]()
  })

  async function hardenOrPatch(way: Way): Promise<HardenedWay> {
    if (way === 'closed + patch') {
      if (!closed) throw new Error('hardening it failed, so there is nothing to patch')
      return await patchAfter(closed, { findings: closedFindings, sources, directory })
    }
    const result = await hardenIn(way, opened, { commands: await smokeCommands(name), directory })
    if (way === 'closed') closed = result
    return result
  }

  function documentOf(after: ExaminedImage, { image, report, patched }: HardenedWay): HardenDocument {
    return describeHardening({
      report,
      before: { ...before, digest: opened.image.raw.descriptor.digest },
      after: { ...after, digest: image.raw.descriptor.digest },
      refusals: patched?.packages.flatMap(({ state, purl, reason }) =>
        state === 'refused' ? [{ purl, reason: reason ?? '' }] : [],
      ),
    })
  }

  /** All laws, from the two images and what the report says was meant. */
  async function compareWhole(
    { image, inventory, report }: HardenedWay,
    after: ExaminedImage,
  ): Promise<void> {
    await using control = await controlImage(opened.image, { directory })
    const found = await scanImage({ image: control, inventory: await createInventory(control) }, scanner)
    const { laws, holds } = await checkInvariants(
      opened,
      { image, inventory },
      {
        ...report,
        commands: await smokeCommands(name),
        findings: { control: found, after: after.findings },
      },
    )
    expect.soft(laws.filter((law) => !law.holds)).toEqual([])
    expect.soft(holds).toBe(true)
  }
})

describe('over all images', () => {
  const cuts = (image: string, mode: Way): Change => {
    const found = figures.find((one) => one.image === image && one.mode === mode)
    if (!found) throw new Error(`${image} was not hardened in the mode ${mode}`)
    return found.packages
  }
  const isWhole = () => figures.length === names.length * ways.length

  it.each<[Way, 'packages' | 'findings', number]>([
    ['closed', 'packages', 45],
    ['relaxed', 'packages', 65],
    ['closed + patch', 'findings', 60],
  ])('in the middle, %s, %s are fewer by %i percent or more', (mode, what, percent) => {
    expect(isWhole(), 'every image was hardened').toBe(true)
    expect(mediansOf(figures, mode)[what]).toBeGreaterThanOrEqual(percent)
  })

  it.each([
    ['nginx', 18],
    ['redis', 24],
    ['java', 28],
  ])('of %s no more than %i packages are left, relaxed', (image, most) => {
    expect(cuts(image, 'relaxed')[1]).toBeLessThanOrEqual(most)
    expect(cutOf(cuts(image, 'relaxed'))).toBeGreaterThan(0)
  })
})

/** Programs that are recognised in a file of a package are no packages more. */
const isOwn = ({ ownedBy }: Package) => ownedBy === undefined
const countOwn = ({ packages }: ExaminedImage) => packages.filter(isOwn).length

const listOf = (packages: readonly Package[]) =>
  packages
    .filter(isOwn)
    .map(({ purl, name, version }) => [purl.replace(/@.*$/, ''), name, version].join(' '))
    .sort()

/** What must be left by the reports: without what was removed, in the versions that were patched. */
function expectedAfter(packages: readonly Package[], { report, patched }: HardenedWay): readonly string[] {
  const versions = new Map(
    patched?.packages.flatMap(({ state, purl, available }) =>
      state === 'patched' ? [[purl, available!] as const] : [],
    ),
  )
  return listOf(
    withoutRemoved(packages.filter(isOwn), report).map((found) => ({
      ...found,
      version: versions.get(found.purl) ?? found.version,
    })),
  )
}

function withoutRemoved(packages: readonly Package[], { removed }: HardenReport): readonly Package[] {
  const open = new Map<string, number>()
  for (const { purl } of removed) open.set(purl, (open.get(purl) ?? 0) + 1)
  return packages.filter(({ purl }) => {
    const count = open.get(purl) ?? 0
    if (count > 0) open.set(purl, count - 1)
    return count === 0
  })
}

/** Findings that there were not before, in whatever version of the package. */
function surprisesOf(before: readonly Finding[], after: readonly Finding[]): readonly Finding[] {
  const keyOf = ({ id, package: { type, name } }: Finding) => `${type} ${name} ${id}`
  const known = new Set(before.map(keyOf))
  return after.filter((finding) => !known.has(keyOf(finding)))
}

/** Findings that are left without a chain or another reason that a person could act on. */
function unexplainedOf({ kept }: HardenDocument): readonly string[] {
  return kept
    .filter(
      ({ block, chain, detail, remedies }) =>
        block === 'unused' || (chain.length === 0 && detail === undefined) || remedies.length === 0,
    )
    .map(explainFinding)
}
