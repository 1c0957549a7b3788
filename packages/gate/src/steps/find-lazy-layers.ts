import type { ImageManifest } from '@sallyport/core'
import type { PolicyFacts } from '@sallyport/policy'

/**
 * Annotations by which snapshotters and runtimes build the files of a layer from another document than its tar: eStargz, Nydus
 * and overlaybd, zstd:chunked, SOCI.
 */
const prefixes = [
  'containerd.io/snapshot/',
  'io.github.containers.zstd-chunked.',
  'io.containers.zstd-chunked.',
  'com.amazon.soci.',
]

/**
 * What in an image makes some runtimes show other files than those of its layers. Such lists of files, for loading lazily, are
 * read by no scanner; nobody has compared them with the layers.
 */
export function findLazyLayers({ annotations, layers }: ImageManifest): PolicyFacts['failures'] {
  const places = [
    { where: 'the manifest', annotations },
    ...layers.map((layer) => ({ where: `layer ${layer.digest}`, annotations: layer.annotations })),
  ]
  return places.flatMap(({ where, annotations: all = {} }) => {
    const name = Object.keys(all).find((each) => prefixes.some((prefix) => each.startsWith(prefix)))
    if (name === undefined) return []
    return [
      {
        step: 'inventory',
        code: 'LAZY_LAYERS',
        message: `${where} has the annotation ${JSON.stringify(name.slice(0, 200))}, by which some runtimes take the files from a list that was not judged; build the image without lazy loading`,
      },
    ]
  })
}
