import { createRequire } from 'node:module'
import type * as Sdk from '@dbos-inc/dbos-sdk'
import type * as Executor from '@dbos-inc/dbos-sdk/internal/dbos-executor'
import type * as Postgres from 'pg'
import { GateError } from '../errors.ts'

// Loaded when an engine starts, and synchronously, since some of what uses them is. Node remembers what it has loaded.
const require = createRequire(import.meta.url)

export const loadDbos = (): typeof Sdk.DBOS => (load('@dbos-inc/dbos-sdk') as typeof Sdk).DBOS
/** DBOS leaves it to its own service to tell others of a dead process; this is what that service calls. */
export const loadDbosExecutor = (): typeof Executor.DBOSExecutor =>
  (load('@dbos-inc/dbos-sdk/internal/dbos-executor') as typeof Executor).DBOSExecutor
export const loadPostgresClient = (): typeof Postgres.Client => (load('pg') as typeof Postgres).Client

function load(name: string): unknown {
  try {
    return require(name)
  } catch (cause) {
    const message = `${name} can't be loaded: the engine needs @dbos-inc/dbos-sdk and pg, which are optional peers`
    throw new GateError('ENGINE_FAILED', message, { cause })
  }
}
