import { isDigest } from '@sallyport/core'
import { z } from 'zod'
import type { LineFormat } from '../lines/line-format.ts'
import { parseManifestPath, toManifestAction } from '../read/manifest-path.ts'
import { parseJson } from '../read/read-json-body.ts'
import { checkRegistry } from '../read/repository-name.ts'

const auditLine = z.object({
  message: z.string().nullish(),
  subject: z.string().nullish(),
  action: z.string(),
  object: z.string(),
  status: z.number(),
  clientIP: z.string().nullish(),
  time: z.unknown().optional(),
})

/**
 * Lines of zot's audit log, JSON. Tells who and from where. Silent: the digest of pushes by tag, and what failed.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function zotAuditLog(options: { readonly registry: string }): LineFormat {
  const name = 'zot-audit'
  const registry = checkRegistry(options.registry, name)
  return {
    name,
    readLine(line) {
      const {
        subject,
        action: method,
        object,
        status,
        clientIP,
        time,
      } = auditLine.parse(parseJson(Buffer.from(line)))
      const path = parseManifestPath(object)
      const action = path && toManifestAction(method, status, path.reference)
      if (!action) return []
      const { repository, reference } = path
      const reached = isDigest(reference) ? { digest: reference } : { tag: reference }
      // Only who signed in has a subject.
      const actor = { name: subject, kind: subject ? 'user' : 'anonymous', address: clientIP } as const
      return [{ action, registry, repository, ...reached, time, actor }]
    },
  }
}
