import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type DriftReport, explainDrift } from '@sallyport/runtime'
import { smokeTest } from '@sallyport/test-images'
import { describe, expect, it } from 'vitest'
import { promoteRealImage } from './promoted-image.ts'

describe('a normal run', () => {
  it.each(['web', 'python', 'node'] as const)(
    'of %s under its smoke load is no drift',
    async (name) => {
      await using image = await promoteRealImage(name)
      const list = join(image.directory, 'list.json')
      const reports = join(image.directory, 'reports.json')
      const files = [...image.baseline.files()]
      await writeFile(list, JSON.stringify({ files, environment: image.run.Env ?? [] }))
      await smokeTest(name, image.rootfs, {
        config: image.run,
        afterwards: [
          process.execPath,
          '--conditions=@sallyport/source',
          join(import.meta.dirname, 'check-running.ts'),
          list,
          reports,
        ],
      })
      const [upper, root] = JSON.parse(await readFile(reports, 'utf8')) as DriftReport[]
      for (const report of [upper!, root!]) {
        expect(report.verdict, explainDrift(report)).toBe('clean')
        expect(report.seen.processes).toBeGreaterThan(0)
      }
      expect(root!.seen.files).toBeGreaterThan(files.length - 100)
      // What it wrote was seen, and counted.
      expect(upper!.expected.length).toBeGreaterThan(0)
    },
    600_000,
  )
})
