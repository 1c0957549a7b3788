import { isSallyportError } from '@sallyport/core'
import type { GateContext } from '@sallyport/gate'
import type { Repository } from '@sallyport/oci'
import { plainText } from '../deployments/plain-text.ts'
import type { ImageAction, RepairPlan } from './repair-plan.ts'
import type { RepairStep } from './repair-report.ts'

/** What the actions of a repair work with. */
export interface RepairContext {
  readonly gate: GateContext
  readonly plan: RepairPlan
  readonly dryRun: boolean
  readonly signal?: AbortSignal | undefined
}

/** The repository of an action. */
export function repositoryOf({ gate }: RepairContext, action: ImageAction): Repository {
  return gate.repository({ registry: action.registry, repository: action.repository })
}

/** A failure as a step. Aborts are thrown on. */
export function toStep(cause: unknown, { signal }: Pick<RepairContext, 'signal'>, tag?: string): RepairStep {
  signal?.throwIfAborted()
  const code = isSallyportError(cause) ? cause.code : 'UNEXPECTED'
  const message = plainText(cause instanceof Error ? cause.message : String(cause), 500)
  return { ...(tag !== undefined && { tag }), result: 'error', code, message }
}

/** Says that a tag is not where the plan saw it. */
export function tagMoved(action: ImageAction, tag: string, now: string | undefined): RepairStep {
  const name = `${action.registry}/${action.repository}:${tag}`
  return {
    tag,
    result: 'refused',
    code: 'TAG_MOVED',
    message: `${name} is at ${now ?? 'no digest'}, not at ${action.digest} as planned: audit it again`,
  }
}

/** Looks which of the tags of an action are not where the plan saw them; those that are gone are none of them. */
export async function findMoved(
  repository: Repository,
  action: ImageAction,
  signal: AbortSignal | undefined,
): Promise<{ readonly moved: readonly RepairStep[]; readonly gone: readonly string[] }> {
  const moved: RepairStep[] = []
  const gone: string[] = []
  for (const tag of action.tags) {
    const found = await repository.findManifest(tag, { signal })
    if (!found) gone.push(tag)
    else if (found.descriptor.digest !== action.digest)
      moved.push(tagMoved(action, tag, found.descriptor.digest))
  }
  return { moved, gone }
}
