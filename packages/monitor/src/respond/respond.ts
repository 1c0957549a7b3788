import { setTimeout as delay } from 'node:timers/promises'
import { isSallyportError } from '@sallyport/core'
import { copyImage, type Repository } from '@sallyport/oci'
import type { Alert } from '../alert/alert.ts'
import { MonitorError } from '../errors.ts'
import { incidents } from '../judge/incident.ts'
import { openJournalView } from '../judge/journal-view.ts'
import { findTerms } from '../judge/watch.ts'
import { emptyBatch } from '../run/judge-batch.ts'
import type { MonitorContext } from '../run/monitor-context.ts'
import type { ResponseNote } from './responses.ts'

/** Work that is written to a registry, bounded with what else is. */
export type Bounded = (registry: string, work: () => Promise<string>) => Promise<string>

/** Does what the options say about an alert; what was done before, or can't be, is only told. */
export async function respond(
  alert: Alert,
  context: MonitorContext,
  {
    bounded,
    longestCopyMs,
    signal,
  }: {
    readonly bounded: Bounded
    /** For so long the tag waits for the copy, in milliseconds. */
    readonly longestCopyMs: number
    readonly signal?: AbortSignal | undefined
  },
): Promise<void> {
  const { responses, state, clock } = context
  if (!responses) return
  signal?.throwIfAborted()
  const place = `${alert.registry}/${alert.repository}`
  const attempt = async (response: ResponseNote['response'], work: () => Promise<string>): Promise<void> => {
    const name = `response ${response} ${alert.id}`
    // Noted before it is done: after a crash it is rather left to a person than done twice.
    if (!(await state.noteOnce(name, clock.now().toISOString()))) return
    const tell = (done: boolean, message: string) =>
      responses.onResponse?.({ alert: alert.id, response, done, message, digest: alert.digest })
    try {
      tell(true, await work())
    } catch (error) {
      signal?.throwIfAborted()
      tell(false, error instanceof Error ? error.message : String(error))
    }
  }
  const { quarantine, moveTagBack } = responses
  const copied =
    quarantine &&
    attempt('quarantine', async () => {
      const target = quarantine(place)
      return await bounded(registryOf(target.name), () => copyTo(target, alert, context, signal))
    })
  const moved = async (tag: string): Promise<void> => {
    if (copied) await Promise.race([copied, delay(longestCopyMs, undefined, { ref: false, signal })])
    await attempt('move-tag-back', () => bounded(alert.registry, () => moveBack(alert, tag, context, signal)))
  }
  await Promise.all([copied, moveTagBack && alert.tag !== undefined && moved(alert.tag)])
}

/** Whether anything is to be done about an alert. */
export function isResponded({ kind, resolves, digest, group, registry, repository }: Alert): boolean {
  if (kind !== 'unauthorised-push' || resolves !== undefined || !digest) return false
  // Its digest is that of the image, which is none the worse for it.
  return group !== incidents.attachment(`${registry}/${repository}`, digest)
}

const registryOf = (name: string): string => name.slice(0, name.indexOf('/'))

async function copyTo(
  target: Repository,
  { id, registry, repository, digest }: Alert,
  { open, watch }: MonitorContext,
  signal: AbortSignal | undefined,
): Promise<string> {
  // A copy would be an alert itself, and be copied again.
  if (findTerms(watch, target.name)) throw refused(`${target.name} is watched`)
  const source = open(registry, repository)
  const raw = await source.getManifest(digest!, { signal })
  await copyImage(source, target, raw.descriptor, { signal })
  // Registries collect what no tag leads to.
  await target.putManifest(raw, { tag: `alert-${id}`, signal })
  return `copied to ${target.name}@${digest}`
}

async function moveBack(
  { registry, repository, digest }: Alert,
  tag: string,
  context: MonitorContext,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { journal, window, clock, responses, verifierOf } = context
  const place = `${registry}/${repository}`
  const verifier = verifierOf(registry, repository)
  if (!verifier) throw refused(`${place} is not watched`)
  const destination = `${verifier.terms.originOf?.(place) ?? place}:${tag}`
  await using lease = await journal.leases.acquire(destination)
  if (!lease) throw refused(`${destination} is being promoted to`)
  const now = clock.now()
  const { latest } = await openJournalView(journal, { window, now }).find(destination, undefined, now)
  if (latest === undefined) throw refused(`nothing was promoted to ${destination}`)
  const evidence = await verifier.verify(latest, signal)
  if (evidence.state !== 'ok')
    throw refused(`the decision about ${latest} is not valid now: ${evidence.message}`)
  const target = responses!.moveTagBack!(place)
  const good = await target.getManifest(latest, { signal })
  try {
    await target.putManifest(good, { tag, expected: digest!, signal })
  } catch (error) {
    if (isSallyportError(error) && error.code === 'TAG_CONFLICT')
      throw refused(`the tag is not at ${digest} any more`, error)
    throw error
  }
  // Known at once, so that who undoes it is heard again.
  const at = clock.now()
  const tags = [{ place, tag, digest: latest, standing: 'explained', at: at.toISOString() }] as const
  await context.state.commit({ ...emptyBatch(context, at), tags })
  return `${place}:${tag} is at ${latest} again`
}

function refused(message: string, cause?: unknown): MonitorError {
  return new MonitorError('RESPONSE_REFUSED', message, { cause })
}
