import type { FileNode } from '@sallyport/image'
import type { ImageFiles } from './image-files.ts'

/** The files of an image, with a memory of which were looked at. */
export interface TrackedFiles extends ImageFiles {
  /** Whether somebody asked for the content of a file, or for what this examiner found in it. */
  wasAsked(node: FileNode, examiner?: string): boolean
}

/** Notes which files are asked for, also where they can't be read. */
export function trackReads(image: ImageFiles): TrackedFiles {
  const read = new Set<string>()
  const examined = new Map<string, Set<string>>()
  return {
    ...image,
    readFile(node, options) {
      read.add(node.path)
      return image.readFile(node, options)
    },
    examine(node, examiner, options) {
      const paths = examined.get(examiner.name)
      if (paths) paths.add(node.path)
      else examined.set(examiner.name, new Set([node.path]))
      return image.examine(node, examiner, options)
    },
    wasAsked: ({ path }, examiner) =>
      examiner === undefined ? read.has(path) : examined.get(examiner)?.has(path) === true,
  }
}
