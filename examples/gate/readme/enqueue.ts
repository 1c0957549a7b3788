import type { GateOptions } from '@sallyport/gate'
import { dbosEngine, fromErrorData } from '@sallyport/gate/dbos'

declare const databaseUrl: string
declare const gate: GateOptions // with a journal that all workers share: postgresJournal

await using engine = dbosEngine({ databaseUrl, gate, limits: { 'prod.example': { total: 20 } } })
await engine.start()
const job = await engine.enqueue({ from: 'build.example/app:1', to: 'prod.example/app:1', tier: 'prod' })
const result = await job.result()
if (result.verdict === 'error') throw fromErrorData(result.error)
