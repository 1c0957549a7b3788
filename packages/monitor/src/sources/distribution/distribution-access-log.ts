import { isDigest } from '@sallyport/core'
import { z } from 'zod'
import type { LineFormat } from '../lines/line-format.ts'
import type { ActorDraft, EventDraft } from '../read/create-event.ts'
import { EntryError } from '../read/entry-error.ts'
import { parseManifestPath, toManifestAction } from '../read/manifest-path.ts'
import { parseJson } from '../read/read-json-body.ts'
import { checkRegistry } from '../read/repository-name.ts'
import { parseAccessLogLine } from './access-log-line.ts'

/** Options of {@link distributionAccessLog}. */
export interface DistributionAccessLogOptions {
  /** Host with its port, as in references. */
  readonly registry: string
}

/** A request, from whichever kind of line. */
interface LoggedRequest {
  readonly method: string
  readonly target: string
  readonly status: number
  readonly time: unknown
  readonly actor: ActorDraft
  readonly requestId?: string | undefined
}

const appLine = z.object({
  msg: z.string(),
  time: z.unknown().optional(),
  'http.request.id': z.string().optional(),
  'http.request.method': z.string().optional(),
  'http.request.uri': z.string().optional(),
  'http.request.remoteaddr': z.string().optional(),
  'http.request.useragent': z.string().optional(),
  'http.response.status': z.number().optional(),
  'auth.user.name': z.string().optional(),
})

/**
 * What distribution prints: access lines in Apache's combined form, and lines of the log in JSON, mixed or alone; a
 * request that is in both is told twice. Silent: who it was, and the digest of pushes by tag.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function distributionAccessLog(options: DistributionAccessLogOptions): LineFormat {
  const name = 'distribution-log'
  const registry = checkRegistry(options.registry, name)
  return {
    name,
    readLine(line) {
      const request = line.startsWith('{') ? readAppLine(line) : readAccessLine(line)
      return request ? toDrafts(request, registry) : []
    },
  }
}

function readAccessLine(line: string): LoggedRequest | undefined {
  const parsed = parseAccessLogLine(line)
  // Lines of the log in logrus' text form stand between those of requests.
  if (!parsed && /^(time=|\S+ (INFO|WARN|DEBU|ERRO))/.test(line)) return undefined
  if (!parsed) throw new EntryError('neither an access line in combined form nor JSON')
  const { address, user, userAgent, method, target, status, time } = parsed
  const isNamed = user !== '-'
  const actor = {
    name: isNamed ? user : undefined,
    kind: isNamed ? 'user' : 'unknown',
    address,
    userAgent,
  } as const
  return { method, target, status, time, actor }
}

function readAppLine(line: string): LoggedRequest | undefined {
  const entry = appLine.parse(parseJson(Buffer.from(line)))
  const { 'http.request.method': method, 'http.request.uri': target, 'http.response.status': status } = entry
  if (!entry.msg.startsWith('response completed')) return undefined
  if (method === undefined || target === undefined || status === undefined)
    throw new EntryError('a response without its request')
  const name = entry['auth.user.name'] || undefined
  return {
    method,
    target,
    status,
    time: entry.time,
    requestId: entry['http.request.id'],
    actor: {
      name,
      kind: name === undefined ? 'unknown' : 'user',
      address: entry['http.request.remoteaddr'],
      userAgent: entry['http.request.useragent'],
    },
  }
}

function toDrafts(request: LoggedRequest, registry: string): readonly EventDraft[] {
  const { method, target, status, time, actor, requestId } = request
  const path = parseManifestPath(target)
  const action = path && toManifestAction(method, status, path.reference)
  if (!path || !action) return []
  const { repository, reference } = path
  const name = isDigest(reference) ? { digest: reference } : { tag: reference }
  return [{ action, registry, repository, ...name, time, actor, requestId, stableId: requestId }]
}
