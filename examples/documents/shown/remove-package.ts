import { openImage, rewriteImage } from '@sallyport/image'
import { openLayout } from '@sallyport/oci'

const layout = await openLayout('./image')
await using image = await openImage(layout, await layout.getManifest('latest'))

const curl = image.tree.resolve('/bin/curl') // through /bin -> usr/bin
if (curl !== undefined) {
  await using smaller = await rewriteImage(image, {
    remove: new Set([curl.path]),
    replace: new Map(),
    createdBy: 'example: no curl',
  })
  console.log(smaller.raw.descriptor.digest, smaller.manifest.layers)
}
