import { parseReference } from '@sallyport/oci'
import { loadDbos } from './load-dbos.ts'
import type { DbosEngineOptions } from './options.ts'

/** One queue for each registry that promotions go to, so that each can have limits of its own. */
export interface PromotionQueues {
  /** Resolves with the name of the queue for a destination, which exists then. */
  forDestination(to: string): Promise<string>
}

/** Registers the queues of the registries that have limits; those of others follow when they are first needed. */
export async function openQueues({
  limits = {},
  concurrency = 4,
  pollMs,
}: Pick<DbosEngineOptions, 'limits' | 'concurrency' | 'pollMs'>): Promise<PromotionQueues> {
  const known = new Map<string, Promise<string>>()
  const open = (registry: string): Promise<string> => {
    const opened = known.get(registry) ?? register(registry)
    known.set(registry, opened)
    // The next one may try again.
    opened.catch(() => known.delete(registry))
    return opened
  }
  const register = async (registry: string): Promise<string> => {
    const { perWorker = concurrency, total, rate } = limits[registry] ?? {}
    const name = `promotions to ${registry}`
    await loadDbos().registerQueue(name, {
      workerConcurrency: total === undefined ? perWorker : Math.min(perWorker, total),
      ...(total !== undefined && { globalConcurrency: total }),
      ...(rate && { rateLimit: { limitPerPeriod: rate.count, periodSec: rate.seconds } }),
      ...(pollMs !== undefined && { minPollingIntervalMs: pollMs }),
      // Who was told of limits overrides who was not.
      onConflict: Object.hasOwn(limits, registry) ? 'always_update' : 'never_update',
    })
    return name
  }
  for (const registry of Object.keys(limits)) await open(registry)
  return { forDestination: (to) => open(registryOf(to)) }
}

/** Layouts are on this machine's disk, or on one that all share. */
function registryOf(to: string): string {
  return to.startsWith('oci:') ? 'layouts' : parseReference(to).registry
}
