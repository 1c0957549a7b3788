import type { Image } from '@sallyport/image'
import { checkRange } from './file-content.ts'
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
          async read(offset, length) {
            checkRange(offset, length)
            return image.readRange(node, { offset, length }, options)
          },
        },
        options,
      ),
  }
}
