import { openSync, writeSync } from 'node:fs'
import process from 'node:process'
import { generateSigningKey } from '@sallyport/attest'
import { sqliteJournal } from '@sallyport/gate'
import { sqliteMonitorState } from '../state/sqlite-monitor-state.ts'
import { createMonitor } from './create-monitor.ts'

// A process of its own: takes events from many at once, writes down the id of each that it has answered for, and is
// killed while others wait. In a file, since a pipe may be full.
const [path = '', answers = ''] = process.argv.slice(2)
const by = { keys: [generateSigningKey().publicKey] }
const monitor = createMonitor({
  watch: [
    { repositories: ['registry.example/*'], tier: 'prod', verifiers: [{ id: 'https://gate.example', by }] },
  ],
  journal: sqliteJournal(':memory:'),
  open: () => {
    throw new Error('nothing is judged here')
  },
  gateActors: {},
  state: sqliteMonitorState(path),
})
const answeredFile = openSync(`${path}.answered`, 'a')
let number = 0
let answered = 0
const deliver = async (): Promise<never> => {
  for (;;) {
    const id = `event ${number++}`
    await monitor.ingest([
      {
        id,
        source: 'log',
        time: new Date().toISOString(),
        action: 'push',
        actor: { kind: 'unknown' },
        registry: 'registry.example',
        repository: 'prod/app',
        tag: '1',
      },
    ])
    writeSync(answeredFile, `${id}\n`)
    if (++answered === Number(answers)) process.kill(process.pid, 'SIGKILL')
  }
}
await Promise.all(Array.from({ length: 50 }, deliver))
