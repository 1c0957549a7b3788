import type { EventDraft } from '../read/create-event.ts'
import { EntryError } from '../read/entry-error.ts'
import { quote } from '../read/plain-text.ts'
import type { PlaceImage } from '../read/place-image.ts'

/** What a path of a Docker repository in Artifactory is about. */
export interface ArtifactoryPath {
  readonly image: string
  /** Tag or digest. */
  readonly reference: string
}

const manifest = /^(.+)\/([^/]+)\/(?:list\.)?manifest\.json$/

/** Takes the path of a manifest apart, `app/1.0/manifest.json`; nothing for layers and other files. */
export function parseArtifactoryManifest(path: string): ArtifactoryPath | undefined {
  const [, image, folder] = manifest.exec(path) ?? []
  if (image === undefined || folder === undefined) return undefined
  // File systems have no colon in names.
  return { image, reference: folder.replace(/^(sha256|sha512)__/, '$1:') }
}

/** The part of a draft that says where; nothing for a repository that nobody watches. Caches are of upstream's images. */
export function placeArtifact(
  place: PlaceImage,
  key: string,
  image: string,
): Pick<EventDraft, 'registry' | 'repository' | 'cause'> | undefined {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(key))
    throw new EntryError(`not a repository key: ${quote(key)}`)
  const isCache = key.endsWith('-cache')
  const found = place(isCache ? key.slice(0, -'-cache'.length) : key, image)
  return found && { ...found, cause: isCache ? 'mirror' : undefined }
}
