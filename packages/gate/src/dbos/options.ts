import type { GateOptions, RunOptions } from '../promote/options.ts'

/** How much of one registry is asked for at once. */
export interface RegistryLimits {
  /** Promotions to it at once in one process. Default: `concurrency` of the engine. */
  readonly perWorker?: number | undefined
  /** Promotions to it at once in all processes together. Default: no limit. */
  readonly total?: number | undefined
  /** At most `count` promotions to it begin in any `seconds`, in all processes together. Default: no limit. */
  readonly rate?: { readonly count: number; readonly seconds: number } | undefined
}

/** Options of {@link dbosEngine}. */
export interface DbosEngineOptions extends Pick<RunOptions, 'onProgress'> {
  /**
   * What each promotion works with. Its journal must be shared by all processes, e.g. `postgresJournal`. Without a gate
   * this process only enqueues and looks: it needs no keys.
   */
  readonly gate?: GateOptions | undefined
  /**
   * Connection string of the PostgreSQL database in which DBOS keeps its workflows (schema `dbos`). It must lead to the
   * server, or to a pool that keeps sessions: whether a process lives is known by a lock of its session.
   */
  readonly databaseUrl: string
  /** Name of the application in DBOS; engines that share a database and this name share their jobs. Default `sallyport`. */
  readonly application?: string | undefined
  /** Names this process; no two may have the same. Default: host name, process id and a random part. */
  readonly executorId?: string | undefined
  /** Promotions to one registry at once in this process. Default 4. */
  readonly concurrency?: number | undefined
  /** Limits of single registries, by the name that they have in references, such as `registry.example:5000`. */
  readonly limits?: Readonly<Record<string, RegistryLimits>> | undefined
  /** Tries of a step that fails in a way that may pass, the first included. Default 4. */
  readonly stepAttempts?: number | undefined
  /** Wait before the second try of a step, in milliseconds, doubled each time. Default 1000. */
  readonly retryDelayMs?: number | undefined
  /** How often workers may die while they run one job, before it is `abandoned`. Default 20. */
  readonly maxRecoveries?: number | undefined
  /** How often to look for jobs of processes that died, in milliseconds. Default 5000. */
  readonly recoveryIntervalMs?: number | undefined
  /** How often to look for new jobs, in milliseconds. Default 1000. */
  readonly pollMs?: number | undefined
  /** Is told what the engine and DBOS have to say. Default: warnings and errors go to stderr. */
  readonly onLog?: ((level: 'debug' | 'info' | 'warn' | 'error', message: string) => void) | undefined
}
