// A worker process: runs promotions of the engine until it is killed, or told to stop.
import { once } from 'node:events'
import process from 'node:process'
import { openEngine, type Site } from './promotions.ts'

await using opened = await openEngine(JSON.parse(process.argv[2]!) as Site)
process.send!('ready')
await once(process, 'SIGTERM')
await opened.engine.stop({ graceMs: 5_000 })
if (process.connected) process.disconnect()
