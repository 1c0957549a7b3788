import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Descriptor, type Digest, mediaTypes, type RawManifest } from '@sallyport/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { openLayout } from '../layout/open-layout.ts'
import type { Repository } from '../ports/repository.ts'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import { createRegistryClient } from '../registry/create-registry-client.ts'
import { registryProfiles, startRegistry } from '../testing/embedded-registry.ts'
import { type SampleBlob, sampleBlob, sampleManifest, streamOf } from '../testing/sample-image.ts'
import { copy } from './copy.ts'

const pool: readonly SampleBlob[] = ['a', 'b', 'c', 'd'].map((text) => sampleBlob(`layer ${text}`))
const config = sampleBlob('{}', mediaTypes.ociConfig)

/** One manifest: what it names are numbers of earlier ones, taken modulo their count. */
const step = fc.record({
  isIndex: fc.boolean(),
  layers: fc.array(fc.nat(3), { maxLength: 3 }),
  children: fc.array(fc.nat(7), { minLength: 1, maxLength: 3 }),
  subject: fc.option(fc.nat(7), { nil: undefined }),
  cosignOf: fc.option(fc.record({ of: fc.nat(7), kind: fc.constantFrom('sig', 'att', 'sbom') }), {
    nil: undefined,
    freq: 3,
  }),
})
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

interface Node {
  readonly raw: RawManifest
  readonly blobs: readonly SampleBlob[]
  readonly children: readonly Node[]
  readonly subject: Node | undefined
  readonly height: number
}

interface Closure {
  readonly nodes: readonly Node[]
  readonly tags: ReadonlyMap<string, { of: Node; node: Node }>
}

function build(steps: readonly Step[]): Closure {
  const nodes: Node[] = []
  const tags = new Map<string, { of: Node; node: Node }>()
  for (const [at, { isIndex, layers, children, subject: of, cosignOf }] of steps.entries()) {
    const pick = (index: number): Node | undefined => nodes[index % Math.max(1, nodes.length)]
    const listed = children.flatMap((index) => pick(index) ?? []).filter(({ height }) => height < 3)
    const subject = of === undefined ? undefined : pick(of)
    const common = {
      annotations: { at: String(at) },
      ...(subject === undefined ? {} : { subject: subject.raw.descriptor }),
    }
    const asIndex = isIndex && listed.length > 0
    const blobs = asIndex ? [] : [config, ...layers.map((index) => pool[index]!)]
    const raw = asIndex
      ? sampleManifest(
          { manifests: unique(listed.map((each) => each.raw.descriptor)), ...common },
          mediaTypes.ociIndex,
        )
      : sampleManifest({ config: config.blob, layers: blobs.slice(1).map(({ blob }) => blob), ...common })
    const node: Node = {
      raw,
      blobs,
      children: asIndex ? listed : [],
      subject,
      height: asIndex ? 1 + Math.max(...listed.map(({ height }) => height)) : 0,
    }
    const signed = cosignOf === undefined ? undefined : pick(cosignOf.of)
    if (signed !== undefined) {
      tags.set(`${fallbackTag(signed.raw.descriptor.digest)}.${cosignOf?.kind}`, { of: signed, node })
    }
    nodes.push(node)
  }
  return { nodes, tags }
}

function unique(descriptors: readonly Descriptor[]): Descriptor[] {
  return [...new Map(descriptors.map((each) => [each.digest, each])).values()]
}

/** What belongs to the root: what is in it, and what is about anything that belongs to it. */
function closureOf(root: Node, { nodes, tags }: Closure): Set<Node> {
  const found = new Set<Node>()
  const queue = [root]
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    if (found.has(node)) continue
    found.add(node)
    queue.push(...node.children, ...nodes.filter(({ subject }) => subject === node))
    for (const { of, node: tagged } of tags.values()) if (of === node) queue.push(tagged)
  }
  return found
}

async function push(repository: Repository, { nodes, tags }: Closure): Promise<void> {
  for (const { raw, blobs } of nodes) {
    for (const { blob, bytes } of blobs) await repository.write(blob, streamOf(bytes))
    await repository.putManifest(raw)
  }
  for (const [tag, { node }] of tags) await repository.putManifest(node.raw, { tag })
}

describe('copy of any closure', () => {
  it.each([
    ['with the referrers API', {}],
    ['without it', registryProfiles['distribution-2.8']],
  ])(
    'brings the same manifests, blobs and tags from a registry %s over a layout to another',
    async (_, quirks) => {
      await using client = createRegistryClient({ settleMs: 0 })
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 8 }), fc.nat(7), async (steps, chosen) => {
          const folder = await mkdtemp(join(tmpdir(), 'sallyport-any-'))
          await using from = await startRegistry({ quirks })
          await using to = await startRegistry()
          try {
            const source = client.repository({ registry: from.host, repository: 'build/app' })
            const target = client.repository({ registry: to.host, repository: 'prod/app' })
            const layout = await openLayout(join(folder, 'layout'), { create: true })
            const closure = build(steps)
            const root = closure.nodes[chosen % closure.nodes.length] as Node
            await push(source, closure)
            await source.putManifest(root.raw, { tag: '1' })
            const first = await copy(source, layout, { from: '1', tag: '2' })
            await copy(layout, target, { from: '2', tag: '3' })

            const members = [...closureOf(root, closure)]
            const manifests = members.map(({ raw }) => raw.descriptor.digest).sort()
            const blobs = new Set<Digest>(
              members.flatMap((each) => each.blobs.map(({ blob }) => blob.digest)),
            )
            const tags = [...closure.tags].filter(([, { of }]) => members.includes(of))
            expect(first.manifests.map(({ descriptor }) => descriptor.digest).sort()).toEqual(manifests)
            expect(to.snapshot()['prod/app']).toEqual({
              manifests,
              blobs: [...blobs].sort(),
              tags: {
                3: root.raw.descriptor.digest,
                ...Object.fromEntries(tags.map(([tag, { node }]) => [tag, node.raw.descriptor.digest])),
              },
            })
          } finally {
            await rm(folder, { recursive: true, force: true })
          }
        }),
        { numRuns: 15 },
      )
    },
    120_000,
  )
})
