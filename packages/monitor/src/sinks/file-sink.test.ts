import { appendFileSync, existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { hostileAlert, sampleAlert } from '../testing/sample-alert.ts'
import { callbackSink } from './callback-sink.ts'
import { fileSink } from './file-sink.ts'

const { signal } = new AbortController()

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-sink-'))
  path = join(folder, 'alerts.ndjson')
})
afterEach(() => rmSync(folder, { recursive: true }))

const lines = (file = path): unknown[] =>
  readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)

it('appends a line for each alert, whatever is in it, in their order', async () => {
  const sink = fileSink({ path })
  const alerts = [
    sampleAlert(),
    hostileAlert(),
    ...Array.from({ length: 20 }, (_, n) => sampleAlert({ id: `${n}` })),
  ]
  await Promise.all(alerts.map((alert) => sink.send(alert, { signal })))
  expect(lines()).toEqual(alerts.map((alert) => JSON.parse(JSON.stringify(alert)) as unknown))
  expect(statSync(path).mode & 0o777).toBe(0o600)
})

it('goes on in a new file after it was moved away', async () => {
  const sink = fileSink({ path })
  await sink.send(sampleAlert({ id: '1' }), { signal })
  renameSync(path, `${path}.1`)
  await sink.send(sampleAlert({ id: '2' }), { signal })
  expect(lines(`${path}.1`)).toEqual([expect.objectContaining({ id: '1' })])
  expect(lines()).toEqual([expect.objectContaining({ id: '2' })])
})

it('ends a line that was cut off, so that it costs no other', async () => {
  appendFileSync(path, '{"id":"1","title":"cut o')
  await fileSink({ path }).send(sampleAlert({ id: '2' }), { signal })
  expect(readFileSync(path, 'utf8')).toMatch(/^\{"id":"1","title":"cut o\n\{"id":"2".*\}\n$/)
})

it('fails, and works again once it can', async () => {
  const sink = fileSink({ path: join(folder, 'missing', 'alerts.ndjson'), name: 'log' })
  await expect(sink.send(sampleAlert(), { signal })).rejects.toMatchObject({
    name: 'MonitorError',
    code: 'SINK_FAILED',
    retryable: true,
    subject: 'log',
    message: expect.stringContaining('ENOENT') as string,
  })
  const { mkdirSync } = await import('node:fs')
  mkdirSync(join(folder, 'missing'))
  await sink.send(sampleAlert(), { signal })
})

it('writes nothing once the signal says so', async () => {
  await expect(fileSink({ path }).send(sampleAlert(), { signal: AbortSignal.abort('enough') })).rejects.toBe(
    'enough',
  )
  expect(existsSync(path)).toBe(false)
})

it('a callback is handed the alert and the signal, and may be synchronous', async () => {
  const seen: unknown[] = []
  const sink = callbackSink('mail', (alert, options) => void seen.push([alert.id, options.signal]))
  await sink.send(sampleAlert(), { signal })
  expect(seen).toEqual([['alert-1', signal]])
  const failing = callbackSink('mail', () => {
    throw new Error('no')
  })
  await expect(failing.send(sampleAlert(), { signal })).rejects.toThrow('no')
})
