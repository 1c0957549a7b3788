import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Digest } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import { collectAll } from '../testing/sample-image.ts'
import { sharedLayout } from '../testing/shared-cases.ts'
import { openLayout } from './open-layout.ts'

interface LayoutFacts {
  readonly layout: string
  readonly subjects: readonly { referrer: Digest; subject: Digest; artifactType: string }[]
  readonly index: readonly { digest: Digest; mediaType: string; tag?: string; kind?: string }[]
}

const layouts = sharedLayout('.')
const open = (name: string) => openLayout(fileURLToPath(new URL(`${name}/`, layouts)))
const facts =
  layouts === undefined
    ? []
    : (JSON.parse(await readFile(new URL('facts.json', layouts), 'utf8')) as { layouts: LayoutFacts[] })
        .layouts

describe.skipIf(facts.length === 0)(
  'openLayout, the shared layouts of oras, notation, regclient and cosign',
  () => {
    describe.each(facts)('$layout', ({ layout: name, subjects, index }) => {
      it('has the entries that are known', async () => {
        const layout = await open(name)
        const entries = (await layout.listEntries()).map(({ digest, mediaType, annotations }) => ({
          digest,
          mediaType,
          tag: annotations?.['org.opencontainers.image.ref.name'],
        }))
        expect(entries).toEqual(index.map(({ digest, mediaType, tag }) => ({ digest, mediaType, tag })))
        for (const { tag, digest } of index) {
          if (tag !== undefined) expect((await layout.getManifest(tag)).descriptor.digest).toBe(digest)
        }
      })

      it('has the referrers that are known, and no others', async () => {
        const layout = await open(name)
        const everySubject = new Set([
          ...subjects.map(({ subject }) => subject),
          ...index.map(({ digest }) => digest),
        ])
        const found = []
        for (const subject of everySubject) {
          for (const { digest, artifactType } of await layout.listReferrers(subject)) {
            found.push({ referrer: digest, subject, artifactType })
          }
        }
        const sorted = (list: readonly { referrer: string }[]) =>
          list.toSorted((a, b) => a.referrer.localeCompare(b.referrer))
        expect(sorted(found)).toEqual(sorted(subjects))
      })

      it('has no garbage', async () => {
        const folder = await mkdtemp(join(tmpdir(), 'sallyport-shared-'))
        try {
          await cp(new URL(`${name}/`, layouts), folder, { recursive: true })
          const report = await (
            await openLayout(folder)
          ).collectGarbage({
            dryRun: true,
            minimumAgeMs: 0,
            clock: { now: () => new Date(8.64e15) },
          })
          expect(report).toEqual({ removed: [], partialFiles: 0, bytes: 0 })
        } finally {
          await rm(folder, { recursive: true, force: true })
        }
      })
    })

    const saved = facts.filter(({ index }) => index.some(({ kind }) => kind?.endsWith('/atts')))
    it.each(saved)(
      '$layout has the attestations of cosign under their tag',
      async ({ layout: name, index }) => {
        const image = index.find(({ kind }) => /image(?:Index)?$/.test(kind ?? ''))!
        const attestations = index.find(({ kind }) => kind?.endsWith('/atts'))!
        const layout = await open(name)
        const tag = `${fallbackTag(image.digest)}.att`
        expect(await collectAll(layout.listTags())).toEqual([tag])
        expect(await layout.discoverReferrers(image.digest)).toMatchObject({
          cosignTags: [{ tag, kind: 'att', descriptor: { digest: attestations.digest } }],
        })
        expect((await layout.getManifest(tag)).descriptor.digest).toBe(attestations.digest)
      },
    )
  },
)
