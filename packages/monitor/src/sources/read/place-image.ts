import { checkRegistry } from './repository-name.ts'

/** Where an image is, as references name it. */
export interface ImagePlace {
  /** Host with its port. */
  readonly registry: string
  /** Path within that registry. */
  readonly repository: string
}

/**
 * Says how references name an image of one of the repositories that Artifactory or Nexus keeps: by a path, a host or a
 * port for each, as its proxy is set up. `undefined`: a repository that nobody watches.
 */
export type PlaceImage = (repositoryKey: string, image: string) => ImagePlace | undefined

/** Options of formats of registries with repositories of their own around the images. */
export interface PlacedSourceOptions {
  /** Host with its port, as in references. */
  readonly registry: string
  /** Default: `registry/<repository key>/<image>`. */
  readonly place?: PlaceImage | undefined
}

/** The place of the options, or the usual one. */
export function placeOf({ registry, place }: PlacedSourceOptions, format: string): PlaceImage {
  const checked = checkRegistry(registry, format)
  return place ?? ((key, image) => ({ registry: checked, repository: `${key}/${image}` }))
}
