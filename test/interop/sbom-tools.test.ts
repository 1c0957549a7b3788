import { chmod, cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { type Inventory, type Package } from '@sallyport/inventory'
import { compareSbom, readSbom } from '@sallyport/inventory/sbom'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { inventoryOf } from './inventory-of-layout.ts'
import { runTool } from './run-tool.ts'
import { type SbomFormat, sbomFormatNames, sbomFormats } from './sbom-formats.ts'

const images = ['web', 'python', 'node', 'static'] as const
const env = { ...(process.env as Record<string, string>), SYFT_CHECK_FOR_APP_UPDATE: 'false' }

let folder: string
let trivyCache: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-sbom-'))
  trivyCache = join(folder, 'trivy')
  const database = join(import.meta.dirname, '../../../shared/data/scan/localdb/trivy')
  await cp(database, trivyCache, { recursive: true })
  await chmod(trivyCache, 0o755)
  await chmod(join(trivyCache, 'db'), 0o755)
  for (const file of await readdir(join(trivyCache, 'db'))) await chmod(join(trivyCache, 'db', file), 0o644)
})
afterAll(() => rm(folder, { recursive: true, force: true }))

interface Seen {
  readonly distro: string
  readonly purls: readonly string[]
}

/** In order, and without the percent encoding, which they write in different ways. */
const listPurls = (purls: readonly string[]) => purls.map(decodeURIComponent).sort()

/** What Syft finds in an SBOM; Grype reads SBOMs with the same code. */
async function readBySyft(file: string): Promise<Seen> {
  const { artifacts, distro } = JSON.parse(
    await runTool('syft', ['convert', file, '-q', '-o', 'syft-json'], { env }),
  ) as {
    readonly artifacts: readonly { readonly name: string; readonly purl: string }[]
    readonly distro: { readonly id?: string; readonly versionID?: string }
  }
  return {
    distro: `${distro.id ?? ''} ${distro.versionID ?? ''}`,
    // It takes the operating system of SPDX for a package, of its own documents too.
    purls: listPurls(artifacts.flatMap(({ purl }) => (purl === '' ? [] : purl))),
  }
}

interface TrivyReport {
  readonly Metadata?: { readonly OS?: { readonly Family: string; readonly Name: string } }
  readonly Results?: readonly {
    readonly Packages?: readonly TrivyPackage[]
  }[]
}
interface TrivyPackage {
  readonly Name: string
  readonly SrcName?: string
  readonly SrcVersion?: string
  readonly SrcRelease?: string
  readonly SrcEpoch?: number
  readonly Identifier: { readonly PURL: string }
  readonly Layer?: { readonly DiffID?: string }
}

async function packagesOfTrivy(file: string): Promise<{ seen: Seen; packages: readonly TrivyPackage[] }> {
  const args = [
    '--cache-dir',
    trivyCache,
    '--skip-db-update',
    '--offline-scan',
    '--list-all-pkgs',
    '-f',
    'json',
    '-q',
  ]
  const { Metadata, Results = [] } = JSON.parse(
    await runTool('trivy', ['sbom', ...args, file]),
  ) as TrivyReport
  const packages = Results.flatMap(({ Packages = [] }) => Packages)
  const distro = `${Metadata?.OS?.Family ?? ''} ${Metadata?.OS?.Name ?? ''}`
  return { seen: { distro, purls: listPurls(packages.map(({ Identifier }) => Identifier.PURL)) }, packages }
}

const readByTrivy = async (file: string) => (await packagesOfTrivy(file)).seen

function expected({ distro, packages }: Inventory): Seen {
  return {
    distro: `${distro?.id ?? ''} ${distro?.versionId ?? ''}`,
    purls: listPurls(packages.map(({ purl }) => purl)),
  }
}

describe.each(images)('our SBOM of the image %s', (image) => {
  let inventory: Inventory
  const write = async (format: SbomFormat) => {
    const file = join(folder, `${image}-${format.replace(' ', '-')}.json`)
    await writeFile(file, sbomFormats[format](inventory))
    return file
  }
  beforeAll(async () => {
    inventory = (await inventoryOf(image)).inventory
  })

  it.each(sbomFormatNames)('shows Syft the same packages and distribution as %s', async (format) => {
    expect(await readBySyft(await write(format))).toEqual(expected(inventory))
  })

  it.each(['CycloneDX 1.6', 'CycloneDX 1.7', 'SPDX 2.3'] as const)(
    'shows Trivy the same packages and distribution as %s',
    async (format) => {
      // It lists nothing of the purl type generic, in its own documents neither.
      const packages = inventory.packages.filter(({ type }) => type !== 'generic')
      expect(await readByTrivy(await write(format))).toEqual(expected({ ...inventory, packages }))
    },
  )

  it.each(['CycloneDX 1.6', 'SPDX 2.3'] as const)(
    'shows Trivy the source package and the layer of each system package as %s',
    async (format) => {
      const system = inventory.packages.filter(({ type }) => type === 'deb')
      const { packages } = await packagesOfTrivy(await write(format))
      const sourceOf = ({ SrcName, SrcVersion, SrcRelease, SrcEpoch }: TrivyPackage) =>
        `${SrcName} ${SrcEpoch ? `${SrcEpoch}:` : ''}${SrcVersion}${SrcRelease ? `-${SrcRelease}` : ''}`
      const facts = packages
        .filter(({ Identifier }) => Identifier.PURL.startsWith('pkg:deb/'))
        .map((one) => `${one.Name} ${sourceOf(one)} ${one.Layer?.DiffID}`)
      expect(facts.sort()).toEqual(
        system
          .map(
            ({ name, source, evidence }) => `${name} ${source?.name} ${source?.version} ${evidence.diffId}`,
          )
          .sort(),
      )
    },
  )
})

describe('Trivy', () => {
  it('does not know SPDX 3.0, whose ever it is', async () => {
    const { inventory } = await inventoryOf('static')
    const file = join(folder, 'spdx-3.json')
    await writeFile(file, sbomFormats['SPDX 3.0'](inventory))
    await expect(readByTrivy(file)).rejects.toMatchObject({ stderr: expect.stringContaining('unknown') })
  })
})

/** Packages that one of them does not list as our inventory does, and why. */
const explained = {
  missing: ({ purl, ownedBy }: Package, tool: string) =>
    // Syft leaves out a program that a package of the distribution holds.
    (tool === 'Syft' && purl.startsWith('pkg:generic/') && ownedBy !== undefined) ||
    // Modules that Debian's packages bring along, outside of any node_modules: both look for some of their files only.
    (purl.startsWith('pkg:npm/') && ownedBy?.startsWith('pkg:deb/') === true) ||
    // Trivy has no readers of programs that no package record tells of.
    (tool === 'Trivy' && purl.startsWith('pkg:generic/')) ||
    // Trivy leaves out an egg-info without a version of its metadata.
    (tool === 'Trivy' && purl === 'pkg:pypi/wheel@0.38.4'),
  extra: (purl: string, path: string | undefined) =>
    // Debian's copies of npm packages lie outside of any node_modules.
    path?.startsWith('/usr/share/nodejs/') === true ||
    // The application itself: a package.json that nobody installed.
    purl === 'pkg:npm/sample-service@1.0.0',
  // The main module of a Go program that was built from a working copy has no version; we keep Go's own word for that.
  differing: (purl: string) => purl.startsWith('pkg:golang/sample.local/'),
}

describe.each(images)('SBOMs of others of the image %s', (image) => {
  const documents = new Map<string, Buffer>()
  let inventory: Inventory
  beforeAll(async () => {
    const made = await inventoryOf(image)
    inventory = made.inventory
    const fileOf = (format: string) => join(folder, `theirs-${image}-${format}`)
    const ofSyft = ['cyclonedx-json@1.6', 'spdx-json@2.3', 'spdx-json@3.0']
    const outputs = ofSyft.flatMap((format) => ['-o', `${format}=${fileOf(format)}`])
    await runTool('syft', ['scan', `oci-dir:${made.directory}`, '-q', ...outputs], { env })
    for (const format of ofSyft) documents.set(`Syft ${format}`, await readFile(fileOf(format)))
    for (const format of ['cyclonedx', 'spdx-json']) {
      const args = [
        '--cache-dir',
        trivyCache,
        '--skip-db-update',
        '--offline-scan',
        '-q',
        '--scanners',
        'vuln',
      ]
      await runTool('trivy', [
        'image',
        '--input',
        made.directory,
        ...args,
        '-f',
        format,
        '-o',
        fileOf(format),
      ])
      documents.set(`Trivy ${format}`, await readFile(fileOf(format)))
    }
  })

  it.each([
    ['Syft', 'cyclonedx-json@1.6'],
    ['Syft', 'spdx-json@2.3'],
    ['Syft', 'spdx-json@3.0'],
    ['Trivy', 'cyclonedx'],
    ['Trivy', 'spdx-json'],
  ])('written by %s as %s differ from our inventory only as explained', (tool, format) => {
    const sbom = readSbom(documents.get(`${tool} ${format}`)!)
    expect(sbom.tools[0]?.name).toMatch(new RegExp(`^${tool.toLowerCase()}`))
    expect(sbom.distro?.id).toBe(inventory.distro?.id)
    const { missing, extra, differing, matching, otherSubject } = compareSbom(sbom, inventory)
    expect(matching).toBeGreaterThan(1)
    // Trivy names no digest for an image that came from a folder.
    expect(otherSubject).toBe(tool === 'Syft' ? false : undefined)
    expect(missing.filter((one) => !explained.missing(one, tool))).toEqual([])
    expect(differing.filter(({ inImage }) => !explained.differing(inImage.purl))).toEqual([])
    // SPDX of 3.0 and of Trivy does not always tell the place; one that was explained by it is so in each form.
    const places = new Map(
      readSbom(documents.get('Syft spdx-json@2.3')!).packages.map(({ purl, path }) => [purl, path]),
    )
    expect(extra.filter(({ purl = '', path }) => !explained.extra(purl, path ?? places.get(purl)))).toEqual(
      [],
    )
  })
})
