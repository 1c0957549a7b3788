import { type Descriptor, mediaTypes } from '@sallyport/core'
import { toRawManifest } from '@sallyport/oci'
import { createImage, createImageIndex, type GeneratedImage, pushImage } from '@sallyport/testkit'
import type { Between } from './gate-hand.ts'
import type { Action } from './model.ts'
import type { Monitored } from './monitored.ts'

/** Makes images by their number, each once. */
export interface ImageStore {
  get(number: number, isIndex?: boolean): GeneratedImage
}

/** Opens a store; `name` tells runs apart. */
export function openImageStore(name: string): ImageStore {
  const images = new Map<number, GeneratedImage>()
  const make = (labels: Record<string, string>, platform = 'linux/amd64') =>
    createImage({
      layers: [{ files: { '/app': 'all have the same layer' } }],
      config: { Labels: labels },
      platform,
    })
  return {
    get(number, isIndex = false) {
      const found = images.get(number)
      if (found) return found
      const labels = { run: name, number: String(number) }
      const made = isIndex
        ? createImageIndex({
            'linux/amd64': make(labels),
            'linux/arm64': make(labels, 'linux/arm64'),
          })
        : make(labels)
      images.set(number, made)
      return made
    },
  }
}

/** Does to a registry what was planned. */
export async function perform(
  action: Action,
  { registry, gate }: Monitored,
  images: ImageStore,
  between: Between,
): Promise<void> {
  const { repository, tag, kind } = action
  const ours = registry.repository('gate', repository)
  const theirs = registry.repository('intruder', repository)
  const image = images.get(action.image, 'isIndex' in action && action.isIndex)
  const { digest } = image.raw.descriptor
  switch (kind) {
    case 'promote':
      return await gate.promote(ours, tag, image, between)
    case 'promote-again':
      return await gate.promote(ours, tag, image)
    case 'push-again':
      return await ours.putManifest(image.raw, { tag })
    case 'roll-back':
      return await gate.rollBack(ours, tag, image)
    case 'attach':
      return await gate.attach(ours, image.raw.descriptor, `note at ${tag}`)
    case 'pull':
      await theirs.headManifest(tag)
      await theirs.getManifest(tag)
      return
    case 'push-elsewhere':
      return await pushImage(registry.repository('intruder', `dev/${repository}`), image, tag)
    case 'push-bad': {
      const by = action.byGate ? ours : theirs
      await pushImage(by, image, tag)
      if (action.isTwice) await by.putManifest(image.raw, { tag })
      return
    }
    case 'bad-then-promote':
      await pushImage(theirs, images.get(action.bad), tag)
      return await gate.promote(ours, tag, image, between)
    case 'bad-within-promote': {
      let steps = 0
      return await gate.promote(ours, tag, image, async () => {
        // Before the tag is written.
        if (++steps === 2) await pushImage(theirs, images.get(action.bad), tag)
      })
    }
    case 'promote-then-bad':
      await gate.promote(ours, tag, image, between)
      return await pushImage(theirs, images.get(action.bad), tag)
    case 'bad-and-back':
      await pushImage(theirs, images.get(action.bad), tag)
      return await theirs.putManifest(image.raw, { tag })
    case 'push-bad-digest':
      return await pushImage(theirs, image)
    case 'push-right':
    case 'retag':
    case 'move-back':
      return await theirs.putManifest(image.raw, { tag })
    case 'delete-evidence': {
      for (const { digest: evidence } of await theirs.listReferrers(digest))
        await theirs.deleteManifest(evidence)
      return
    }
    case 'delete-manifest':
      await theirs.deleteManifest(digest)
      return
    case 'push-child':
      return await theirs.putManifest(image.children[0]!)
    case 'push-evidence': {
      const [evidence] = await theirs.listReferrers(digest)
      return await theirs.putManifest(await theirs.getManifest(evidence!.digest))
    }
    case 'evidence-away-and-back': {
      const [first] = await theirs.listReferrers(digest)
      const evidence = await theirs.getManifest(first!.digest)
      await theirs.deleteManifest(first!.digest)
      return await theirs.putManifest(evidence)
    }
    case 'evidence-away-and-promote': {
      for (const { digest: evidence } of await theirs.listReferrers(digest))
        await theirs.deleteManifest(evidence)
      return await gate.promote(ours, tag, image)
    }
    case 'attach-junk':
      return await theirs.putManifest(junkOf(image))
  }
}

/** A referrer that nobody signed. */
function junkOf({ raw, blobs }: GeneratedImage) {
  const config: Descriptor | undefined = blobs[0]
  return toRawManifest(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        artifactType: 'application/vnd.example.junk',
        config: config ?? raw.descriptor,
        layers: [],
        subject: raw.descriptor,
      }),
    ),
  )
}
