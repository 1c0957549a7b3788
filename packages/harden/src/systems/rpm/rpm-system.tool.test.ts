import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import { createImage } from '@sallyport/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { hardenImage } from '../../harden-image.ts'
import { canInstall, describeFolder, installSample, runRpm, unpack } from './rpm-tool.fixture.ts'
import { rpmSystem } from './rpm-system.ts'

const kept = [
  'app',
  'app-data',
  'helper',
  'helper-files',
  'locale-base',
  'locale-pack',
  'sample-release',
  'shell',
]

describe.skipIf(!canInstall)(
  'rpmSystem on what rpm itself installed (skipped without rpm, or without root)',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'harden-rpm-'))
    let root: string
    beforeAll(() => {
      root = installSample(folder)
    }, 120_000)
    afterAll(() => rmSync(folder, { recursive: true, force: true }))

    const open = async () => {
      const source = createImage({
        layers: [{ files: describeFolder(root) }],
        config: { Entrypoint: ['/usr/bin/app'] },
      })
      const image = await openImage(source, source.raw, { directory: folder })
      return { image, inventory: await createInventory(image) }
    }
    const names = (at: string) => runRpm(at, 'rpm', '-qa', '--qf', '%{NAME}\n').trim().split('\n').toSorted()

    it(
      'removes what nothing needs, and rpm finds its database and files whole',
      { timeout: 120_000 },
      async () => {
        const { image, inventory } = await open()
        await using _ = image
        expect(inventory.gaps).toEqual([])
        // What `locale-pack` is needed for is its condition, which stays only because nothing may open the requirement.
        const { report, image: result } = await hardenImage(image, inventory, {
          directory: folder,
          keep: ['locale-base'],
        })
        await using after = result!
        expect(report.unchangedBecause).toBeUndefined()
        expect(report.removed.map(({ name }) => name)).toEqual(['app-fallback', 'unused', 'unused-libs'])
        expect(after.tree.get('/usr/bin/unused-link')).toBeUndefined()
        expect(after.tree.get('/var/lib/rpm/rpmdb.sqlite-shm')).toBeUndefined()
        expect(after.tree.get('/etc/unused.conf')).toBeUndefined()

        const unpacked = join(folder, 'after')
        mkdirSync(unpacked)
        await unpack(after, unpacked)
        expect(names(unpacked)).toEqual(kept)
        expect(runRpm(unpacked, 'rpmdb', '--verifydb')).toBe('')
        expect(runRpm(unpacked, 'rpm', '-Va')).toBe('')
        expect(runRpm(unpacked, 'rpm', '-q', '--qf', '%{NAME}', '--whatprovides', '/bin/sh')).toBe('shell')
        expect(runRpm(unpacked, 'rpm', '-q', '--qf', '%{NAME}', '-f', '/usr/share/helper/needed')).toBe(
          'helper-files',
        )
        expect(() => runRpm(unpacked, 'rpm', '-q', '--whatprovides', 'unused')).toThrow('Command failed')
        expect(() => runRpm(unpacked, 'rpm', '-e', '--noscripts', 'shell')).toThrow('is needed by')
        runRpm(unpacked, 'rpmdb', '--rebuilddb')
        runRpm(unpacked, 'rpm', '-e', '--noscripts', 'app')
        expect(names(unpacked)).toEqual(kept.filter((name) => name !== 'app'))
      },
    )

    it(
      'leaves files of a package that stays out, and rpm does not miss them',
      { timeout: 120_000 },
      async () => {
        const { image, inventory } = await open()
        await using _ = image
        const system = await rpmSystem.open(image, inventory.packages, {})
        const app = inventory.packages.find(({ name }) => name === 'app')!
        const edit = {
          remove: new Set(['/usr/share/doc/app/README']),
          replace: new Map<string, Uint8Array>(),
        }
        await system.removeFiles!(edit, new Map([[app, ['/usr/share/doc/app/README']]]))
        const unused = inventory.packages.find(({ name }) => name === 'unused')!
        await system.removePackages(
          edit,
          [unused],
          inventory.packages.filter((found) => found !== unused),
        )

        const unpacked = join(folder, 'stripped')
        mkdirSync(unpacked)
        await unpack(image, unpacked)
        for (const path of edit.remove) rmSync(join(unpacked, path), { force: true })
        expect(runRpm(unpacked, 'rpm', '-q', 'unused').trim()).toBe('unused-9-1.noarch')
        for (const [path, content] of edit.replace) {
          writeFileSync(join(unpacked, path), content)
        }
        expect(runRpm(unpacked, 'rpm', '-V', 'app', '--nodeps')).toBe('')
        expect(runRpm(unpacked, 'rpm', '-qs', 'app')).toContain('not installed /usr/share/doc/app/README')
        expect(runRpm(unpacked, 'rpm', '-qa', '--qf', '%{NAME}\n')).not.toContain('unused\n')
        expect(runRpm(unpacked, 'rpmdb', '--verifydb')).toBe('')
      },
    )
  },
)
