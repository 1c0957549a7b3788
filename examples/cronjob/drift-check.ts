// node drift-check.ts FILE: compares the containers of this node with their images, once. Each comparison becomes a line of
// JSON at the end of FILE; exit code 1 says that something drifted, or that nobody knows.
import { appendFile } from 'node:fs/promises'
import process from 'node:process'
import { explainDrift } from '@sallyport/runtime'
import { checkNode, createMemory } from '../drift/guide/check-node.ts'
import { listContainers } from '../drift/guide/list-containers.ts'
import { readPodsOf } from '../drift/guide/read-pods.ts'

const [file = '/dev/stdout'] = process.argv.slice(2)
const { NODE_NAME: node = '' } = process.env
const stop = new AbortController()
process.once('SIGTERM', () => stop.abort())

process.exitCode = 0
const pods = await readPodsOf(node)(stop.signal)
for await (const checked of checkNode(listContainers(pods), createMemory(), stop.signal)) {
  await appendFile(file, `${JSON.stringify({ time: new Date().toISOString(), node, ...checked })}\n`)
  if (checked.verdict === 'clean') continue
  process.exitCode = 1
  console.log('why' in checked ? `unknown: ${checked.name}: ${checked.why}` : explainDrift(checked))
}
