import type { ServiceOptions } from '../../service/service-options.ts'

/** Options of token sources that ask a service of the machine they run on. */
export interface TokenServiceOptions extends ServiceOptions {
  /** Environment variables that say where the service is. Default: those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}
