import { z } from 'zod'
import type { EventFormat } from '../../ports/event-format.ts'
import { createFormat } from '../read/create-format.ts'
import { EntryError } from '../read/entry-error.ts'
import { listRows } from '../read/list-rows.ts'
import { quote } from '../read/plain-text.ts'
import { placeOf, type PlacedSourceOptions } from '../read/place-image.ts'
import type { SenderOptions } from '../sender/sender-check.ts'
import { parseArtifactoryManifest, placeArtifact } from './artifactory-path.ts'

/** Options of {@link artifactoryWebhook} and `nexusWebhook`. */
export type PlacedWebhookOptions = SenderOptions & PlacedSourceOptions

const payload = z.object({
  domain: z.string(),
  event_type: z.string(),
  data: z.object({
    repo_key: z.string(),
    path: z.string().nullish(),
    sha256: z.string().nullish(),
    image_name: z.string().nullish(),
    tag: z.string().nullish(),
  }),
})
type Data = z.infer<typeof payload>['data']

/** Events about Docker tags, and about the files that are their manifests. */
const pushes = new Set([
  'docker/pushed',
  'docker/promoted',
  'artifact/deployed',
  'artifact/copied',
  'artifact/moved',
  'artifact/cached',
])
const deletions = new Set(['docker/deleted', 'artifact/deleted'])

/**
 * Webhooks of Artifactory of the domains `docker` and `artifact`; subscribe to one of them, as both tell of each push.
 * Check them with `artifactorySignature`, or with `tokenInHeader('x-jfrog-event-auth', …)`. Silent: who, when, addresses;
 * to overwrite a tag deletes it first.
 *
 * @throws {MonitorError} `OPTIONS_INVALID`.
 */
export function artifactoryWebhook(options: PlacedWebhookOptions): EventFormat {
  const name = 'artifactory'
  const place = placeOf(options, name)
  return createFormat(
    {
      name,
      mediaTypes: ['application/json'],
      listEntries: (body) => listRows(body),
      readEntry(entry) {
        const { domain, event_type, data } = payload.parse(entry)
        const word = `${domain}/${event_type}`
        if (domain !== 'docker' && domain !== 'artifact') return []
        if (!pushes.has(word) && !deletions.has(word)) {
          if (domain === 'artifact') return []
          throw new EntryError(`an event that is not known: ${quote(word)}`)
        }
        const image = toImage(domain, data)
        const where = image && placeArtifact(place, data.repo_key, image.name)
        if (!where) return []
        return [
          {
            ...where,
            action: pushes.has(word)
              ? 'push'
              : isDigestFolder(image.reference)
                ? 'manifest-deleted'
                : 'tag-deleted',
            tag: image.reference,
            digest: data.sha256 ? `sha256:${data.sha256}` : undefined,
            actor: { kind: 'unknown' },
          },
        ]
      },
    },
    options,
  )
}

function toImage(domain: string, { path, image_name, tag }: Data) {
  const parsed = path ? parseArtifactoryManifest(path) : undefined
  if (parsed) return { name: parsed.image, reference: parsed.reference }
  // Layers and other files; a tag has a name of its own.
  if (domain === 'artifact') return undefined
  if (!image_name || !tag) throw new EntryError('an event about no image')
  return { name: image_name, reference: tag }
}

function isDigestFolder(reference: string): boolean {
  return reference.startsWith('sha256:') || reference.startsWith('sha512:')
}
