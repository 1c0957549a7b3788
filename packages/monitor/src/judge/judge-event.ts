import type { RegistryEvent } from '../event/registry-event.ts'
import { describeFinding } from './describe-finding.ts'
import { parseEvidenceTag } from './evidence-tag.ts'
import { incidents } from './incident.ts'
import { judgeEvidenceTag } from './judge-attachment.ts'
import { type Case, explain, type JudgeContext, type Outcome } from './judge-context.ts'
import { judgeManifestDeletion, judgeRepositoryDeletion, judgeTagDeletion } from './judge-deletion.ts'
import { judgeTagged } from './judge-tagged.ts'
import { isAnyWithin, nameActor, type WatchTerms } from './watch.ts'
import { judgeUntagged } from './judge-untagged.ts'

/** Judges an event of a watched repository. Rejects while the registry, the journal or the state can't be read. */
export async function judgeEvent(one: Case, context: JudgeContext): Promise<Outcome> {
  const { event } = one
  const { tag, digest } = event
  switch (event.action) {
    case 'push':
    case 'tag-moved': {
      const evidenceTag = tag === undefined ? undefined : parseEvidenceTag(tag)
      if (tag !== undefined && evidenceTag) return await judgeEvidenceTag(one, tag, evidenceTag, context)
      if (tag !== undefined) return await judgeTagged(one, tag, context)
      if (digest !== undefined) return await judgeUntagged(one, digest, context)
      return unknown(one, context, 'the event names neither tag nor digest')
    }
    case 'tag-deleted':
      if (tag !== undefined) return await judgeTagDeletion(one, tag, context)
      return unknown(one, context, 'the event does not name the tag')
    case 'manifest-deleted':
    case 'referrer-deleted':
      if (digest !== undefined) return await judgeManifestDeletion(one, digest, context)
      if (tag !== undefined) return await judgeTagDeletion(one, tag, context)
      return unknown(one, context, 'the event does not name the manifest')
    case 'repository-deleted':
      return await judgeRepositoryDeletion(one, context)
    case 'permission-changed':
      return judgePermission(event)
    default: {
      const other: never = event.action
      return unknown(one, context, `unknown action ${String(other)}`)
    }
  }
}

/** What can't be understood is never taken for good. */
function unknown({ event }: Case, { place }: JudgeContext, odd: string): Outcome {
  return {
    finding: describeFinding('unjudged', event, {
      incident: incidents.unknown(place, event.tag),
      tag: event.tag,
      digest: event.digest,
      odd: [odd],
    }),
  }
}

function judgePermission(event: RegistryEvent): Outcome {
  return {
    finding: describeFinding('permission-changed', event, {
      incident: incidents.permission(`${event.registry}/${event.repository}`, event.actor.name),
      odd: [`changed by ${nameActor(event.actor)}`],
    }),
  }
}

/** Judges an event of what no terms name: a project, whose rights are those of its repositories, or nothing that is watched. */
export function judgeOther(event: RegistryEvent, watch: readonly WatchTerms[]): Outcome {
  const isAbove =
    event.action === 'permission-changed' && isAnyWithin(watch, `${event.registry}/${event.repository}`)
  return isAbove ? judgePermission(event) : notWatched
}

const notWatched: Outcome = explain('not-watched', 'no terms name this repository')
