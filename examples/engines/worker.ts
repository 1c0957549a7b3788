// A process that runs guide/run-worker.ts, in the folder it is started in.
import process from 'node:process'
import { runWorker } from './guide/run-worker.ts'

await runWorker(process.argv[2]!)
