import { isDigest } from '@sallyport/core'
import type { LineFormat } from '../lines/line-format.ts'
import { EntryError } from '../read/entry-error.ts'
import { quote } from '../read/plain-text.ts'
import { placeOf, type PlacedSourceOptions } from '../read/place-image.ts'
import { toArtifactoryActor } from './artifactory-actor.ts'
import { parseArtifactoryManifest, placeArtifact } from './artifactory-path.ts'

const pattern =
  /^(\S+) \[([^\]]*)\] \[(ACCEPTED|DENIED) ([^\]]+)\] +(\S+) +for client : (\S*) \/ (\S+)(?: \[[^\]]*\])?\.?$/

/**
 * Lines of Artifactory's `artifactory-access.log`. Tells who and from where. Silent: digests; a folder that was deleted
 * tells nothing of whether it was a tag, and counts as one.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function artifactoryAccessLog(options: PlacedSourceOptions): LineFormat {
  const name = 'artifactory-access'
  const place = placeOf(options, name)
  return {
    name,
    readLine(line) {
      const match = pattern.exec(line.trimEnd())
      if (!match) {
        if (/^\S+ \[[^\]]*\] \[[A-Z]+ (?:LOGIN|LOGOUT|DOWNLOAD)/.test(line)) return []
        throw new EntryError('not a line of the access log')
      }
      const [, time, trace, outcome, deed = '', subject = '', user, address] = match
      if (outcome !== 'ACCEPTED' || (deed !== 'DEPLOY' && deed !== 'DELETE')) {
        if (outcome === 'ACCEPTED' && /PERMISSION|ACL/.test(deed))
          throw new EntryError(`permissions changed, look at it yourself: ${quote(subject)}`)
        return []
      }
      const [, key = '', path = ''] = /^([^:]+):(.*)$/.exec(subject) ?? []
      const image = parseArtifactoryManifest(path) ?? (deed === 'DELETE' ? parseFolder(path) : undefined)
      const where = image && placeArtifact(place, key, image.image)
      if (!where) return []
      const isByDigest = isDigest(image.reference)
      return [
        {
          ...where,
          action: deed === 'DEPLOY' ? 'push' : isByDigest ? 'manifest-deleted' : 'tag-deleted',
          tag: image.reference,
          time,
          actor: toArtifactoryActor(user, address?.replace(/\.$/, '')),
          requestId: trace?.trim(),
        },
      ]
    },
  }
}

/** A folder that was deleted as a whole; the one of an image alone tells of no tag, which the snapshots find. */
function parseFolder(path: string): { readonly image: string; readonly reference: string } | undefined {
  const [, image, reference] = /^(.+)\/([^/]+?)\/?$/.exec(path) ?? []
  if (image === undefined || reference === undefined || /__|\.json$|_uploads/.test(reference))
    return undefined
  return { image, reference }
}
