import type { Clock } from '@sallyport/core'
import type { Outbox } from '../outbox/outbox.ts'
import type { ResolvedWindow } from '../judge/journal-view.ts'
import { createDecisionVerifier, type DecisionVerifier } from '../judge/decision-verifier.ts'
import { openRegistryMemory } from '../judge/registry-memory.ts'
import { resolveWindow } from '../judge/journal-view.ts'
import { findTerms, isGlob } from '../judge/watch.ts'
import { MonitorError } from '../errors.ts'
import { systemClock } from '@sallyport/core'
import type { QueueOf } from '../ports/monitor-state.ts'
import type { MonitorOptions } from './monitor-options.ts'

/** The options of a monitor with their defaults, and what is made of them once. */
export interface MonitorContext extends Omit<MonitorOptions, 'sinks' | 'clock'> {
  /** Names of the sinks. */
  readonly sinks: readonly string[]
  readonly outbox: Outbox
  readonly clock: Clock
  readonly evidenceWaitMs: number
  readonly unreadableAfterMs: number
  readonly downAfterMs: number
  readonly pollEveryMs: number
  readonly concurrency: number
  readonly window: ResolvedWindow
  readonly queueOf: QueueOf
  /** `undefined` for what is not watched. */
  readonly verifierOf: (registry: string, repository: string) => DecisionVerifier | undefined
}

const maxVerifiers = 2000

/**
 * Checks the options, and fills in the defaults.
 *
 * @throws {MonitorError} `OPTIONS_INVALID` for terms that watch nothing, for an identity that names nobody, for times that
 *   are none, and for a quarantine that is watched.
 */
export function resolveOptions(options: MonitorOptions): MonitorContext {
  const {
    watch,
    gateActors,
    sinks = [],
    clock = systemClock,
    evidenceWaitMs = 60_000,
    unreadableAfterMs = 300_000,
    downAfterMs = 60_000,
    pollEveryMs = 300_000,
    concurrency = 8,
  } = options
  if (watch.length === 0 || watch.some(({ repositories }) => repositories.length === 0))
    throw new MonitorError('OPTIONS_INVALID', 'watch: name the repositories to watch')
  for (const { repositories, verifiers } of watch) {
    if (verifiers.length === 0)
      throw new MonitorError(
        'OPTIONS_INVALID',
        `watch: ${repositories.join(', ')}: name the gate whose decisions count`,
      )
  }
  for (const [registry, identities] of Object.entries(gateActors)) {
    if (identities.some(({ name, kind }) => name === undefined && kind === undefined))
      throw new MonitorError('OPTIONS_INVALID', `gateActors: ${registry}: an identity names nobody`)
  }
  const numbers = { evidenceWaitMs, unreadableAfterMs, downAfterMs, pollEveryMs, concurrency }
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isFinite(value) || value < (name === 'concurrency' ? 1 : 0))
      throw new MonitorError('OPTIONS_INVALID', `${name}: ${value} will not do`)
  }
  refuseWatchedQuarantine(options)
  const memory = openRegistryMemory()
  const verifiers = new Map<string, DecisionVerifier | undefined>()
  return {
    ...options,
    ...numbers,
    clock,
    sinks: sinks.map(({ name }) => name),
    outbox: options.state.openOutbox({ ...options.delivery, sinks, clock }),
    window: resolveWindow(options.promotionWindow),
    queueOf: openQueues(options),
    verifierOf(registry, repository) {
      const place = `${registry}/${repository}`
      if (verifiers.has(place)) return verifiers.get(place)
      const terms = findTerms(watch, place)
      const made =
        terms && createDecisionVerifier(options.open(registry, repository), place, { terms, clock, memory })
      verifiers.set(place, made)
      if (verifiers.size > maxVerifiers) verifiers.delete(verifiers.keys().next().value!)
      return made
    },
  }
}

/**
 * A queue for each registry that the options name, one for what is watched in others, and one for what nobody watches. With
 * a glob as its host, terms match whatever an event calls a registry.
 */
function openQueues({ watch, gateActors, sources = [] }: MonitorOptions): QueueOf {
  const named = new Set([
    ...Object.keys(gateActors),
    ...sources.map(({ registry }) => registry),
    ...watch.flatMap(({ repositories }) => repositories.map((each) => each.slice(0, each.indexOf('/')))),
  ])
  return ({ registry, repository }) => {
    if (!findTerms(watch, `${registry}/${repository}`)) return ''
    return named.has(registry) ? registry : '*'
  }
}

/** A copy to what is watched would be an alert, and be copied again. For places of a glob a name is made up. */
function refuseWatchedQuarantine({ watch, responses }: MonitorOptions): void {
  const { quarantine } = responses ?? {}
  if (!quarantine) return
  for (const name of watch.flatMap(({ repositories }) => repositories)) {
    let target: string
    try {
      target = quarantine(name.replaceAll('*', 'example')).name
    } catch (error) {
      // It may know only what there is; the response looks again.
      if (isGlob(name)) continue
      throw error
    }
    if (findTerms(watch, target))
      throw new MonitorError(
        'OPTIONS_INVALID',
        `responses: quarantine: ${target} is watched: copy to a repository that no terms match`,
      )
  }
}
