import { z } from 'zod'
import type { EventAction, EventActor } from '../../event/registry-event.ts'
import type { EventFormat } from '../../ports/event-format.ts'
import type { EventDraft } from '../read/create-event.ts'
import { createFormat } from '../read/create-format.ts'
import { EntryError } from '../read/entry-error.ts'
import { isRecord, listRows } from '../read/list-rows.ts'
import { quote } from '../read/plain-text.ts'
import type { SenderOptions } from '../sender/sender-check.ts'
import { parseGarResource } from './gar-resource.ts'
import { unwrapPubSub } from './pub-sub-message.ts'

const entry_ = z.object({
  insertId: z.string().nullish(),
  timestamp: z.unknown().optional(),
  operation: z.object({ id: z.string().nullish() }).nullish(),
  protoPayload: z.object({
    serviceName: z.string().nullish(),
    methodName: z.string(),
    resourceName: z.string().nullish(),
    status: z.object({ code: z.number().nullish() }).nullish(),
    authenticationInfo: z.object({ principalEmail: z.string().nullish() }).nullish(),
    requestMetadata: z
      .object({ callerIp: z.string().nullish(), callerSuppliedUserAgent: z.string().nullish() })
      .nullish(),
    request: z.object({ names: z.array(z.string()).nullish() }).nullish(),
  }),
})
type LogEntry = z.infer<typeof entry_>

/** Methods by the word behind the last dot; those of Docker's protocol have a prefix. */
const actions: Readonly<Record<string, EventAction>> = {
  'Docker-PutManifest': 'push',
  'Docker-DeleteManifest': 'manifest-deleted',
  'Docker-DeleteTag': 'tag-deleted',
  CreateTag: 'push',
  UpdateTag: 'tag-moved',
  DeleteTag: 'tag-deleted',
  DeleteVersion: 'manifest-deleted',
  BatchDeleteVersions: 'manifest-deleted',
  DeletePackage: 'repository-deleted',
  DeleteRepository: 'repository-deleted',
  SetIamPolicy: 'permission-changed',
  UpdateRepository: 'permission-changed',
  'Docker-CreateOnPush': 'permission-changed',
}
/** Methods of other kinds of packages, and what only reads or is part of a push. */
const ignored =
  /^(?:Apt|Go|GooGet|Kfp|Maven|Npm|Python|Yum|VirtualRepo)-|^Docker-(?:Get|Head|Serve|Catalog|StartUpload|FinishUpload|CancelUpload|DeleteBlob)|^(?:Get|List|Download|Test|Import|Upload|Export)|^(?:CreateRepository|UpdatePackage|DeleteFile|UpdateProjectSettings|UpdateVPCSCConfig|CreateRule|UpdateRule|DeleteRule|CreateAttachment|DeleteAttachment|UpdateFile|UpdateVersion)/

/**
 * Cloud Audit Logs of Artifact Registry: entries of a log, or each in a message that a sink sends through Pub/Sub. The
 * Data Access part, which has the pushes, is off until somebody turns it on. Silent: the digest of tags. An entry that
 * names a repository and no image is refused with a message.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function garAuditLog(options: SenderOptions): EventFormat {
  return createFormat(
    {
      name: 'gar-audit',
      mediaTypes: ['application/json'],
      listEntries: (body) =>
        isRecord(body) && Object.hasOwn(body, 'message')
          ? [unwrapPubSub(body).data]
          : listRows(body, 'entries'),
      readEntry(value) {
        const entry = entry_.parse(value)
        const { serviceName, methodName, status } = entry.protoPayload
        const method = methodName.slice(methodName.lastIndexOf('.') + 1)
        const isOurs = serviceName === 'artifactregistry.googleapis.com' && !status?.code
        if (!isOurs || ignored.test(method)) return []
        const action = Object.hasOwn(actions, method) ? actions[method] : undefined
        if (!action) throw new EntryError(`a method that is not known: ${quote(methodName)}`)
        return toDrafts(entry, action)
      },
    },
    options,
  )
}

function toDrafts(entry: LogEntry, action: EventAction): readonly EventDraft[] {
  const { insertId, timestamp, operation, protoPayload } = entry
  const { resourceName, authenticationInfo, requestMetadata, request } = protoPayload
  const email = authenticationInfo?.principalEmail
  const kind = toKind(email)
  // Cleanup policies delete as the service itself.
  const isCleanup = kind === 'system' && action === 'manifest-deleted'
  const names = request?.names?.length ? request.names : [resourceName ?? '']
  return names.map((name) => {
    const { registry, prefix, image, tag, digest } = parseGarResource(name)
    if (image === undefined && action !== 'permission-changed' && action !== 'repository-deleted')
      throw new EntryError(`names no image: ${quote(name)}`)
    return {
      action,
      registry,
      repository: image === undefined ? prefix : `${prefix}/${image}`,
      tag,
      digest,
      time: timestamp,
      actor: {
        name: email,
        kind,
        address: requestMetadata?.callerIp,
        userAgent: requestMetadata?.callerSuppliedUserAgent,
      },
      rawId: insertId,
      requestId: operation?.id,
      cause: isCleanup ? 'retention' : undefined,
    }
  })
}

function toKind(email: string | null | undefined): EventActor['kind'] {
  if (!email) return 'unknown'
  if (email === 'allUsers' || email === 'anonymous') return 'anonymous'
  if (!email.endsWith('.gserviceaccount.com')) return 'user'
  // Service agents, which belong to Google's services and to nobody else.
  return /@gcp-sa-[a-z0-9-]+\.iam\.gserviceaccount\.com$/.test(email) ? 'system' : 'robot'
}
