// What the processes of this suite share.
import { type GateOptions, type PromotionRequest } from '@sallyport/gate'
import { dbosEngine, type DbosEngineOptions, type Engine } from '@sallyport/gate/dbos'
import { postgresJournal, postgresQuarantine } from '@sallyport/gate/postgres'
import { createRegistryClient } from '@sallyport/oci'
import { type GateKeys, smallGate } from '@sallyport/test-chaos'

/** Where everything is; handed to the workers as JSON. */
export interface Site {
  readonly databaseUrl: string
  readonly keys: GateKeys
  /** Folder for quarantine and work. */
  readonly directory: string
  readonly concurrency?: number | undefined
  /** `false`: only enqueues. */
  readonly work?: boolean | undefined
  readonly executorId?: string | undefined
}

/** Opens a journal and an engine; what is disposed closes both. */
export async function openEngine(
  site: Site,
  options: Partial<DbosEngineOptions> = {},
): Promise<{ readonly engine: Engine } & AsyncDisposable> {
  await using resources = new AsyncDisposableStack()
  const client = resources.use(
    createRegistryClient({ retry: { attempts: 4, baseDelayMs: 20, maxDelayMs: 1000 } }),
  )
  const journal = resources.use(await postgresJournal({ connectionString: site.databaseUrl }))
  const { tier: _, ...gate } = smallGate(site.keys)
  const all: GateOptions = {
    ...gate,
    journal,
    quarantine: resources.use(await postgresQuarantine({ connectionString: site.databaseUrl })),
    repository: (reference) => client.repository(reference),
    workDirectory: site.directory,
    settleMs: 60,
  }
  const engine = resources.use(
    dbosEngine({
      databaseUrl: site.databaseUrl,
      concurrency: site.concurrency ?? 3,
      executorId: site.executorId,
      pollMs: 200,
      recoveryIntervalMs: 500,
      retryDelayMs: 50,
      ...options,
      gate: site.work === false ? undefined : all,
    }),
  )
  await engine.start()
  const owned = resources.move()
  return { engine, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** The promotion of image number so and so. */
export function requestFor(number: number, source: string, target: string): PromotionRequest {
  return { from: `${source}/build/app-${number}:1`, to: `${target}/prod/app-${number}:1`, tier: 'prod' }
}
