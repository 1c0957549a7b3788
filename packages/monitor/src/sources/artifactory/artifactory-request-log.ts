import { isDigest } from '@sallyport/core'
import type { LineFormat } from '../lines/line-format.ts'
import { EntryError } from '../read/entry-error.ts'
import { parseManifestPath, toManifestAction } from '../read/manifest-path.ts'
import { placeOf, type PlacedSourceOptions } from '../read/place-image.ts'
import { toArtifactoryActor } from './artifactory-actor.ts'
import { placeArtifact } from './artifactory-path.ts'

/**
 * Lines of Artifactory's `artifactory-request.log`, eleven fields with `|` between them. Tells who, from where and with
 * what. Silent: the digest of pushes by tag, and what is done in its pages.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function artifactoryRequestLog(options: PlacedSourceOptions): LineFormat {
  const name = 'artifactory-request'
  const place = placeOf(options, name)
  return {
    name,
    readLine(line) {
      const [time, trace, address, user, method = '', target = '', status = '', , , , ...agent] =
        line.split('|')
      if (!/^\d{3}$/.test(status)) throw new EntryError('not a line of the request log')
      const request = parseTarget(target)
      const action = request && toManifestAction(method, Number(status), request.reference)
      const where = action && placeArtifact(place, request.key, request.image)
      if (!where) return []
      return [
        {
          ...where,
          action,
          ...(isDigest(request.reference) ? { digest: request.reference } : { tag: request.reference }),
          time,
          actor: toArtifactoryActor(user, address, agent.join('|')),
          requestId: trace,
        },
      ]
    },
  }
}

/** `/api/docker/<key>/v2/<image>/manifests/<reference>`, or `/v2/<key>/<image>/manifests/<reference>`. */
function parseTarget(target: string) {
  const [, key, rest] = /^\/(?:artifactory\/)?api\/docker\/([^/]+)(\/v2\/.+)$/.exec(target) ?? []
  const path = parseManifestPath(rest ?? target)
  if (!path) return undefined
  if (key !== undefined) return { key, image: path.repository, reference: path.reference }
  const [first = '', ...image] = path.repository.split('/')
  return { key: first, image: image.join('/'), reference: path.reference }
}
