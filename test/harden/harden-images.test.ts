import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { type CheckedLaw, checkInvariants, controlImage, type HardenReport } from '@sallyport/harden'
import { describeHardening, explainFinding, type HardenDocument } from '@sallyport/harden/report'
import type { PatchSource } from '@sallyport/harden/patch'
import { createInventory, type Package } from '@sallyport/inventory'
import type { Finding, Scanner } from '@sallyport/scan'
import { writeTrivyCache } from '@sallyport/test-accuracy/inventories'
import { type ImageName, imageNames, serviceNames, smokeCommands } from '@sallyport/test-images'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openAptMirror } from './apt-mirror.ts'
import { compareTools } from './compare-tools.ts'
import { debianSources } from './debian-sources.ts'
import { drawImages } from './draw-images.ts'
import { examineImage, type ExaminedImage, type OpenedImage, scanImage } from './examine-image.ts'
import { type Change, cutOf, type Figures, mediansOf, renderFigures } from './figures.ts'
import { genuineScanner } from './genuine-scanner.ts'
import { hardenIn, type HardenedWay, patchAfter, type Way, ways } from './harden-way.ts'
import { openRealImage } from './open-real-image.ts'

const names: readonly ImageName[] = drawImages([...imageNames, ...serviceNames])
/** Medians are those of all images. */
const isWhole = names.length === imageNames.length + serviceNames.length
/** Images of a point release without the repairs that came after it. */
const ofRelease = new Set<ImageName>(serviceNames.filter((name) => name !== 'apk' && name !== 'rpm'))
/** What people run: services, and not the roots that only show a kind of database. */
const services = new Set<ImageName>([...ofRelease, 'node', 'static'])
/** Results that are compared with their image by all laws once more, without the plan; with a control, it takes long. */
const comparedWhole: Readonly<Partial<Record<ImageName, Way>>> = {
  redis: 'closed + patch',
  memcached: 'relaxed',
  apk: 'closed',
}

const reports = fileURLToPath(new URL('../../.reports/', import.meta.url))
const figures: Figures<ImageName>[] = []
let directory: string
let trivyCache: string
let scanner: Scanner
let sources: readonly PatchSource[]
let turn: Promise<unknown> = Promise.resolve()

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
  figures.sort((a, b) => names.indexOf(a.image) - names.indexOf(b.image))
  await mkdir(reports, { recursive: true })
  await writeFile(join(reports, 'harden-figures.json'), `${JSON.stringify(figures, undefined, 2)}\n`)
  process.stdout.write(`\n${renderFigures(figures)}\n`)
})

describe('in every way, with the same answers, laws, packages and an explanation of each finding that is left', () => {
  it.concurrent.for(names)('%s is hardened', async (name, { expect }) => {
    await using opened = await openRealImage(name, directory)
    const before = await examineImage(name, opened, scanner, directory)
    const commands = await smokeCommands(name)
    // The others are made of packages with all repairs that there are, or of a distribution without advisories here.
    if (ofRelease.has(name)) expect.soft(before.findings.length, 'findings').toBeGreaterThan(0)

    // The tools disagree about some images as they are; hardening must not add to that.
    const known = new Set((await toolsOn(opened)).map(nameOf))

    const closed = await inTurn(() => hardenIn('closed', opened, { commands, directory }))
    await using _closed = ownImage(closed)
    const { findings } = await check('closed', closed)
    const patched = await inTurn(() => patchAfter(closed, { findings, sources, directory }))
    await using _patched = ownImage(patched, closed.image)
    await check('closed + patch', patched)
    const relaxed = await inTurn(() => hardenIn('relaxed', opened, { commands, directory }))
    await using _relaxed = ownImage(relaxed)
    await check('relaxed', relaxed)

    async function check(way: Way, result: HardenedWay): Promise<ExaminedImage> {
      const { report, patched: patches } = result
      const [after, differences] = await Promise.all([
        result.image === opened.image ? before : examineImage(name, result, scanner, directory),
        toolsOn(result),
      ])
      const document = toDocument(before, after, opened, result)
      figures.push(toFigures(name, way, before, after, result, document))
      const shown = patches ? withoutVersions : (text: string) => text
      expect.soft(shown(after.answers), `${way}: answers`).toBe(shown(before.answers))
      // What the image excludes and a new version adds is listed, and not there, as dpkg itself does it.
      const leftOut = patches?.packages.flatMap((one) => one.leftOut ?? []) ?? []
      const complaints = after.complaints.filter(
        (line) => !before.complaints.includes(line) && !leftOut.some((path) => line.endsWith(` ${path}`)),
      )
      expect.soft(complaints, `${way}: the package system's own check`).toEqual([])
      const laws = [...report.invariants, ...(patches?.invariants ?? [])]
      expect
        .soft(
          laws.filter(({ holds }) => !holds),
          `${way}: laws`,
        )
        .toEqual([])
      expect.soft(listOf(after.packages), `${way}: packages`).toEqual(expectedAfter(before.packages, result))
      const newDifferences = differences.filter((difference) => !known.has(nameOf(difference)))
      expect.soft(newDifferences, `${way}: Syft and Trivy`).toEqual([])
      expect.soft(surprisesOf(before.findings, after.findings), `${way}: new findings`).toEqual([])
      expect.soft(document.findings?.gone.unexplained, `${way}: findings gone without a cause`).toBe(0)
      expect.soft(unexplainedOf(document), `${way}: findings left without a reason`).toEqual([])
      expect.soft(unrepairedOf(after, result), `${way}: findings left though repaired`).toEqual([])
      if (comparedWhole[name] === way)
        expect.soft(await brokenLawsOf(result, after), `${way}: laws of checkInvariants`).toEqual([])
      return after
    }

    function toolsOn({ image, inventory }: Pick<HardenedWay, 'image' | 'inventory'>) {
      return compareTools(name, image, inventory, trivyCache)
    }

    /** All laws, from the two images and what the report says was meant. */
    async function brokenLawsOf(
      { image, inventory, report }: HardenedWay,
      after: ExaminedImage,
    ): Promise<readonly CheckedLaw[]> {
      await using control = await controlImage(opened.image, { directory })
      const found = await scanImage({ image: control, inventory: await createInventory(control) }, scanner)
      const { laws } = await checkInvariants(
        opened,
        { image, inventory },
        { ...report, commands, findings: { control: found, after: after.findings } },
      )
      return laws.filter(({ holds }) => !holds)
    }

    /** Disposes the image of a way that made one. */
    function ownImage({ image }: HardenedWay, other = opened.image): AsyncDisposable {
      return {
        async [Symbol.asyncDispose]() {
          if (image !== other) await image[Symbol.asyncDispose]()
        },
      }
    }
  })
})

describe('over the images', () => {
  const cuts = (image: string, mode: Way): Change => {
    const found = figures.find((one) => one.image === image && one.mode === mode)
    if (!found) throw new Error(`${image} was not hardened in the mode ${mode}`)
    return found.packages
  }
  const ofServices = () => figures.filter(({ image }) => services.has(image))

  // The aim of `closed` is 45: what packages declare that they need allows no more, see docs/hardening.md.
  const leastCuts: readonly (readonly [Way, 'packages' | 'findings', number])[] = [
    ['closed', 'packages', 38],
    ['relaxed', 'packages', 65],
    ['closed + patch', 'findings', 60],
  ]
  it.each(isWhole ? leastCuts : [])(
    'in the middle of the services, %s, %s are fewer by %i percent or more',
    (mode, what, percent) => {
      expect(figures, 'every image was hardened').toHaveLength(names.length * ways.length)
      expect(mediansOf(ofServices(), mode)[what]).toBeGreaterThanOrEqual(percent)
    },
  )

  const mostLeft: readonly (readonly [ImageName, number])[] = [
    ['nginx', 18],
    ['redis', 24],
    ['java', 28],
  ]
  it.each(mostLeft.filter(([image]) => names.includes(image)))(
    'of %s no more than %i packages are left, relaxed',
    (image, most) => {
      expect(cuts(image, 'relaxed')[1]).toBeLessThanOrEqual(most)
      expect(cutOf(cuts(image, 'relaxed'))).toBeGreaterThan(0)
    },
  )
})

/** A difference of tools, whatever version the package has. */
const nameOf = ({ id, lacks }: { readonly id: string; readonly lacks: readonly string[] }) =>
  `${id.replace(/@[^@]*$/, '')} ${lacks.join()}`

/** Answers without the versions that programs tell of themselves: after a patch they are others. */
const withoutVersions = (text: string) => text.replaceAll(/\d+(?:\.\d+)+[\w.+~-]*/g, '<version>')

/** Hardens one image at a time, so that the seconds are its own, while others are run and looked at by tools. */
function inTurn<T>(work: () => Promise<T>): Promise<T> {
  const done = turn.then(work)
  turn = done.catch(() => undefined)
  return done
}

function toDocument(
  before: ExaminedImage,
  after: ExaminedImage,
  opened: OpenedImage,
  { image, report, patched }: HardenedWay,
): HardenDocument {
  return describeHardening({
    report,
    before: { ...before, digest: opened.image.raw.descriptor.digest },
    after: { ...after, digest: image.raw.descriptor.digest },
    refusals: patched?.packages.flatMap(({ state, purl, reason }) =>
      state === 'refused' ? [{ purl, reason: reason ?? '' }] : [],
    ),
  })
}

function toFigures(
  image: ImageName,
  mode: Way,
  before: ExaminedImage,
  after: ExaminedImage,
  { report, seconds }: HardenedWay,
  { findings, kept }: HardenDocument,
): Figures<ImageName> {
  return {
    image,
    mode,
    packages: [countOwn(before), countOwn(after)],
    bytes: [before.bytes, after.bytes],
    findings: [before.findings.length, after.findings.length],
    removed: findings?.gone.removed ?? 0,
    patched: findings?.gone.patched ?? 0,
    unusedButKept: kept.filter(({ usage }) => usage === 'present').length,
    seconds,
    unchangedBecause: report.unchangedBecause,
  }
}

/** Findings that patching says it repaired, and that are there. */
function unrepairedOf({ findings }: ExaminedImage, { patched }: HardenedWay): readonly Finding[] {
  const named = new Map(patched?.packages.map(({ purl, name }) => [purl, name]))
  const repaired = new Set(
    patched?.findings.flatMap(({ state, purl, id }) =>
      state === 'patched' ? [`${named.get(purl)} ${id}`] : [],
    ),
  )
  return findings.filter(({ id, package: { name } }) => repaired.has(`${name} ${id}`))
}

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
