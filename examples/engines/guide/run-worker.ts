import { once } from 'node:events'
import process from 'node:process'
import { dbosEngine } from '@sallyport/gate/dbos'
import { postgresJournal, postgresQuarantine } from '@sallyport/gate/postgres'
import { readGateOptions } from './read-gate-options.ts'

/** A worker process; start as many as you like, on as many machines. Ends when it is told to (`SIGTERM`). */
export async function runWorker(databaseUrl: string): Promise<void> {
  await using journal = await postgresJournal({ connectionString: databaseUrl })
  await using quarantine = await postgresQuarantine({ connectionString: databaseUrl })
  await using engine = dbosEngine({
    databaseUrl,
    gate: await readGateOptions(journal, quarantine),
    concurrency: 4,
    limits: { 'prod.example': { total: 20, rate: { count: 100, seconds: 60 } } },
  })
  await engine.start()
  await once(process, 'SIGTERM')
  await engine.stop({ graceMs: 20_000 })
}
