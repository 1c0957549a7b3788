import type { Image } from '@sallyport/image'
import type { ImageFiles } from './image-files.ts'

/** The files of an open image; content is read when it is asked for. */
export function openedImageFiles(image: Image): ImageFiles {
  return {
    subject: image.raw.descriptor.digest,
    platform: image.platform,
    layers: image.layers,
    tree: image.tree,
    readFile: (node, options) => image.readFile(node, options),
    examine: (node, examiner, options = {}) =>
      examiner.examine(
        {
          size: node.size,
          read: (offset, length) => image.readRange(node, { offset, length }, options),
        },
        options,
      ),
  }
}
