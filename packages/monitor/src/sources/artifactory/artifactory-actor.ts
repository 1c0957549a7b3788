import type { ActorDraft } from '../read/create-event.ts'

/** Who it was, by the names in Artifactory's logs. */
export function toArtifactoryActor(
  name: string | undefined,
  address?: string,
  userAgent?: string,
): ActorDraft {
  const rest = { address, userAgent }
  if (!name) return { kind: 'unknown', ...rest }
  if (name === '_system_') return { name, kind: 'system', ...rest }
  if (name === 'anonymous' || name === 'non_authenticated_user') return { name, kind: 'anonymous', ...rest }
  return { name, kind: name.startsWith('token:') ? 'robot' : 'user', ...rest }
}
