import { writeSync } from 'node:fs'
import { callbackSink } from '../sinks/callback-sink.ts'
import { openTestOutbox } from '../testing/open-test-outbox.ts'

// A process of its own: queues two alerts, sends the first one, and is killed before it can note that.
const [path = ''] = process.argv.slice(2)
const sink = callbackSink('one', (alert) => {
  writeSync(1, `${alert.id}\n`)
  process.kill(process.pid, 'SIGKILL')
})
const test = openTestOutbox([sink], { path })
await test.enqueue(['a1', 'a2'])
await test.outbox.step()
