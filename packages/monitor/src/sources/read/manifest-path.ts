import { isDigest } from '@sallyport/core'
import type { EventAction } from '../../event/registry-event.ts'

const pattern = /^\/v2\/(.+)\/manifests\/([^/]+)$/

/** What a request to `/v2/<name>/manifests/<reference>` was about. */
export interface ManifestPath {
  readonly repository: string
  /** Tag or digest. */
  readonly reference: string
}

/**
 * Takes the target of a request about a manifest apart as registries do: without origin and query, decoded before it is
 * matched. Nothing for other targets.
 */
export function parseManifestPath(target: string): ManifestPath | undefined {
  const [path = ''] = target.replace(/^https?:\/\/[^/]*/i, '').split(/[?#]/, 1)
  const match = pattern.exec(decode(path))
  return match ? { repository: match[1] ?? '', reference: match[2] ?? '' } : undefined
}

/** What a request about a manifest did; nothing when it only asked, or was refused. */
export function toManifestAction(method: string, status: number, reference: string): EventAction | undefined {
  if (status < 200 || status > 299) return undefined
  if (method === 'PUT') return 'push'
  if (method === 'DELETE') return isDigest(reference) ? 'manifest-deleted' : 'tag-deleted'
  return undefined
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
