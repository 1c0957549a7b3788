import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { imageLayout } from '@sallyport/test-images'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Comparison, comparePackages, type Difference } from './compare-packages.ts'
import { explain, explanations, unusedPatterns } from './explain-differences.ts'
import { listPackages, type TrivyScanner } from './list-packages.ts'
import { renderPage } from './render-table.ts'
import { makeJavaSample } from './samples/java.ts'
import { installedSample, lockSample } from './samples/languages.ts'
import { makeRpmSqlite } from './samples/make-rpm-sqlite.ts'
import { programSample } from './samples/programs.ts'
import { hasDatabases, type Sample } from './samples/sample.ts'
import { apkSamples, dpkgSamples, rpmSamples } from './samples/system.ts'
import { writeBaseLayout, writeLayout, writePlatformLayout } from './write-layout.ts'
import { writeTrivyCache } from './write-trivy-cache.ts'

const images = [
  ['web', 'amd64'],
  ['python', 'amd64'],
  ['node', 'amd64'],
  ['static', 'amd64'],
  ['multi', 'amd64'],
  ['multi', 'arm64'],
] as const

let folder: string
let trivyCache: string
const compared: Comparison[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-accuracy-'))
  trivyCache = join(folder, 'trivy')
  await writeTrivyCache(trivyCache)
})
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  const total = (count: (one: Comparison) => number) => compared.reduce((sum, one) => sum + count(one), 0)
  const packages = total((one) => one.packages)
  const common = total((one) => one.common)
  const differences = total((one) => one.differences.length)
  process.stdout.write(
    `${compared.length} samples: ${packages} packages, ${common} found by all three, ${differences} differences\n`,
  )
})

/** Compares what the tools find in a layout; what is not explained. */
async function findUnexplained(
  sample: string,
  layout: string,
  trivyScanner?: TrivyScanner,
): Promise<readonly Difference[]> {
  const comparison = comparePackages(sample, await listPackages(layout, trivyCache, trivyScanner))
  compared.push(comparison)
  await rm(layout, { recursive: true, force: true })
  return comparison.differences.filter((one) => explain(one) === undefined)
}

async function compareSample({ name, files, trivyScanner }: Sample): Promise<readonly Difference[]> {
  const layout = await mkdtemp(join(folder, 'layout-'))
  await writeLayout(layout, files)
  return await findUnexplained(name, layout, trivyScanner)
}

describe('inventories of ours, Syft and Trivy', () => {
  it.each(images)('of the image %s for %s differ as explained', async (name, architecture) => {
    const { directory } = await imageLayout(name)
    const layout = join(folder, `${name}-${architecture}`)
    await writePlatformLayout(layout, directory, architecture)
    expect(await findUnexplained(`${name} ${architecture}`, layout)).toEqual([])
  })

  it('of the layer below all images differ as explained', async () => {
    const { directory } = await imageLayout('web')
    const layout = join(folder, 'base')
    await writeBaseLayout(layout, directory)
    expect(await findUnexplained('base', layout)).toEqual([])
  })

  it('of real programs in Go differ as explained', async () => {
    expect(await compareSample(await programSample())).toEqual([])
  })
})

describe.skipIf(!hasDatabases)('on genuine databases (skipped where the data folder is absent)', () => {
  const samples = hasDatabases
    ? [...dpkgSamples(), ...apkSamples(), ...rpmSamples(), installedSample(), lockSample()]
    : []
  it.each(samples)('inventories of $name differ as explained', async (sample) => {
    expect(await compareSample(sample)).toEqual([])
  })

  it('inventories of the same rpms as SQLite differ as explained', async () => {
    expect(await compareSample(await makeRpmSqlite(join(folder, 'rpm')))).toEqual([])
  })

  it('inventories of Java archives differ as explained', async () => {
    expect(await compareSample(await makeJavaSample(join(folder, 'java')))).toEqual([])
  })

  it('nothing is explained that did not differ', () => {
    expect(unusedPatterns(compared.flatMap(({ differences }) => differences))).toEqual([])
  })
})

describe('the explanations', () => {
  it('call ours right wherever both of the others find what it does not list', () => {
    const missing = explanations.filter(({ lacks }) => lacks.join() === 'ours')
    expect(missing.filter(({ right }) => right !== 'ours')).toEqual([])
  })

  it('name each package that only ours finds, and never call the others right', () => {
    const alone = explanations.filter(({ lacks }) => lacks.join() === 'syft,trivy')
    expect(alone.length).toBeGreaterThan(0)
    expect(alone.filter(({ right, packages }) => right === 'theirs' || packages.includes('*'))).toEqual([])
  })

  it('stand in docs/accuracy.md (node --conditions=@sallyport/source test/accuracy/update-docs.ts)', async () => {
    const { actual, expected } = await renderPage()
    // The formatter of the page aligns its columns.
    const plain = (text: string) => text.replaceAll(/ +/g, ' ').replaceAll(/-{3,}/g, '---')
    expect(plain(actual)).toBe(plain(expected))
  })
})
