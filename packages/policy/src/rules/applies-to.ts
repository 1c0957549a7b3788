import { mediaTypes } from '@sallyport/core'
import { matchGlob } from '../evaluate/match-glob.ts'

/** What a rule is about that does not say: container images. */
const images = ['image'] as const

const imageTypes: readonly string[] = [
  mediaTypes.ociManifest,
  mediaTypes.ociConfig,
  mediaTypes.ociIndex,
  mediaTypes.dockerManifest,
  mediaTypes.dockerConfig,
  mediaTypes.dockerManifestList,
]

/** Whether a media or artifact type is one of container images. */
export const isImageType = (type: string): boolean => imageTypes.includes(type)

/** Whether a rule is about things of a media or artifact type. */
export function isAbout(type: string, appliesTo: readonly string[] = images): boolean {
  return appliesTo.some((pattern) => (pattern === 'image' ? isImageType(type) : matchGlob(pattern, type)))
}

/** What a rule is about no more when `after` stands for `before`. */
export function lostTypes(
  before: readonly string[] = images,
  after: readonly string[] = images,
): readonly string[] {
  // `image` is a word, and no type that a glob matches
  return before.filter((pattern) =>
    pattern === 'image'
      ? !after.includes(pattern) && !imageTypes.every((type) => isAbout(type, after))
      : !isAbout(pattern, after),
  )
}
