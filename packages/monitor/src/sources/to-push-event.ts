import type { Digest } from '@sallyport/core'
import type { PushEvent } from '@sallyport/gate'
import type { RegistryEvent } from '../event/registry-event.ts'

/**
 * What the gate's `createPushTrigger` takes, of a push or of a tag that moved; nothing of other events, and nothing where
 * the source tells no digest and none is given. Quay's notifications, Docker Hub and access logs tell none: look up what
 * the tag is at.
 */
export function toPushEvent(
  event: RegistryEvent,
  digest: Digest | undefined = event.digest,
): PushEvent | undefined {
  const { action, registry, repository, tag, time, source } = event
  if ((action !== 'push' && action !== 'tag-moved') || digest === undefined) return undefined
  return { registry, repository, tag, digest, time, source }
}
