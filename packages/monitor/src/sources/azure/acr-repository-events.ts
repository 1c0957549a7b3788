import { z } from 'zod'
import type { EventAction, EventActor, RegistryEvent } from '../../event/registry-event.ts'
import type { EventFormat } from '../../ports/event-format.ts'
import { createFormat } from '../read/create-format.ts'
import { EntryError } from '../read/entry-error.ts'
import { quote } from '../read/plain-text.ts'
import { createAcrPlace } from './acr-registry.ts'
import type { AcrSourceOptions } from './acr-webhook.ts'
import { listLogRows } from './log-table.ts'

const text = z.string().nullish()
const row = z.object({
  TimeGenerated: z.unknown().optional(),
  OperationName: z.string(),
  LoginServer: text,
  Repository: text,
  Tag: text,
  Digest: text,
  MediaType: text,
  ArtifactType: text,
  Identity: text,
  CallerIpAddress: text,
  UserAgent: text,
  ResultType: z.union([z.string(), z.number()]).nullish(),
  CorrelationId: text,
})
type Row = z.infer<typeof row>

const guid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Rows of the table `ContainerRegistryRepositoryEvents`: what Log Analytics answers, or what a diagnostic setting sends.
 * Tells most of all of Azure's sources; minutes late. Silent: previous digests, the subject of referrers.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function acrRepositoryEvents(options: AcrSourceOptions): EventFormat {
  const name = 'acr-log'
  const toHost = createAcrPlace(options.registry, name)
  return createFormat(
    {
      name,
      mediaTypes: ['application/json'],
      listEntries: listLogRows,
      readEntry(entry) {
        const told = row.parse(entry)
        if (isFailure(told.ResultType)) return []
        const change = toChange(told)
        if (!change) return []
        return [
          {
            ...change,
            registry: toHost(told.LoginServer),
            repository: told.Repository,
            tag: told.Tag,
            digest: told.Digest,
            mediaType: told.MediaType,
            artifactType: told.ArtifactType,
            time: told.TimeGenerated,
            actor: {
              name: told.Identity,
              kind: change.cause ? 'system' : toKind(told),
              address: told.CallerIpAddress,
              userAgent: told.UserAgent,
            },
            rawId: told.CorrelationId,
            requestId: told.CorrelationId,
          },
        ]
      },
    },
    options,
  )
}

/** `201`, or `HttpStatusCode 201`. */
function isFailure(result: Row['ResultType']): boolean {
  const status = Number(/(\d{3})$/.exec(String(result ?? ''))?.[1] ?? 200)
  return status >= 400
}

function toChange(told: Row): { action: EventAction; cause?: RegistryEvent['cause'] } | undefined {
  const gone = told.Digest ? 'manifest-deleted' : told.Tag ? 'tag-deleted' : 'repository-deleted'
  switch (told.OperationName) {
    case 'Push':
    case 'Import':
    case 'Quarantine':
      return { action: 'push' }
    case 'Untag':
      return { action: 'tag-deleted' }
    case 'Delete':
      return { action: gone }
    case 'PurgeTag':
      return { action: 'tag-deleted', cause: 'retention' }
    case 'PurgeManifest':
      return { action: 'manifest-deleted', cause: 'retention' }
    case 'Pull':
    case 'Catalog':
    case 'TagList':
    case 'Login':
      return undefined
    default:
      throw new EntryError(`an operation that is not known: ${quote(told.OperationName)}`)
  }
}

/** Service principals and managed identities are GUIDs, people are addresses; tokens and the admin have plain names. */
function toKind({ Identity: name, LoginServer: host }: Row): EventActor['kind'] {
  if (!name) return 'unknown'
  if (guid.test(name)) return 'robot'
  if (name.includes('@') || name.toLowerCase() === host?.split('.', 1)[0]?.toLowerCase()) return 'user'
  return 'robot'
}
