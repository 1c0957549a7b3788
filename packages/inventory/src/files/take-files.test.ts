import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { maxDatabaseBytes, maxExaminedBytes, maxMemoryFileBytes, maxReadBytes } from '../internal/limits.ts'
import type { FileExaminer } from './image-files.ts'
import { createFileTaker } from './take-files.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'take-files-test-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const examiner = (examine: FileExaminer['examine']): FileExaminer => ({
  name: 'test',
  version: 1,
  selects: () => true,
  examine,
})

/** Reads first the end, then the start. */
const ends = examiner(async ({ size, read }) => {
  const last = await read(size - 3, 10)
  const first = await read(0, 2)
  return [Buffer.from(first).toString(), Buffer.from(last).toString(), size, { none: undefined }]
})

async function take(
  content: Uint8Array,
  wish: { keep: boolean; examiners: FileExaminer[] },
  signal?: AbortSignal,
) {
  await using taker = createFileTaker({ directory, signal })
  const sink = taker.take({ position: 7, size: content.length, wish })
  if (sink) {
    for (let start = 0; start < content.length; start += 100_000) {
      // As the memory of a layer is used again.
      const piece = Buffer.from(content.subarray(start, start + 100_000))
      await sink.write(piece)
      piece.fill(0)
    }
    await sink.end()
  }
  return await taker.finish()
}

const small = Buffer.from('one two three')
const large = Buffer.concat([small, Buffer.alloc(maxMemoryFileBytes), small])

describe('createFileTaker', () => {
  it.each([
    ['in memory', small],
    ['in a temporary file', large],
  ])('examines a file %s from any end, and leaves no file', async (_, content) => {
    const { contents, examinations } = await take(content, { keep: false, examiners: [ends] })
    expect(contents.size).toBe(0)
    expect(examinations.get('test')?.get(7)).toStrictEqual({
      kind: 'found',
      value: ['on', 'ree', content.length, {}],
    })
    expect(await readdir(directory)).toEqual([])
  })

  it('gives no name to a file on disk that others might find', async () => {
    const look = examiner(async () => (await readdir(directory, { recursive: true })).length)
    const { examinations } = await take(large, { keep: false, examiners: [look] })
    expect(examinations.get('test')?.get(7)).toMatchObject({ value: 1 })
  })

  it('keeps what is wanted, and examines it too', async () => {
    const { contents, examinations } = await take(large, { keep: true, examiners: [ends] })
    expect(large.equals(contents.get(7)!)).toBe(true)
    expect(examinations.get('test')?.get(7)?.kind).toBe('found')
  })

  it.each<[string, FileExaminer['examine'], unknown]>([
    [
      'that the file is broken',
      async () => {
        throw new SyntaxError('cut')
      },
      { kind: 'broken', message: 'cut' },
    ],
    [
      'that too much was read at once',
      ({ read }) => read(0, maxReadBytes + 1),
      { kind: 'limited', message: `${maxReadBytes + 1} bytes from 0 at once` },
    ],
    [
      'that more was found than a text can be',
      async () => ({ toJSON: () => 'x'.repeat(2 ** 30) }),
      { kind: 'limited', message: 'more was found than can be kept' },
    ],
    ['that there is nothing', async () => undefined, { kind: 'found', value: undefined }],
  ])('remembers %s', async (_, examine, expected) => {
    const { examinations } = await take(small, { keep: false, examiners: [examiner(examine)] })
    expect(examinations.get('test')?.get(7)).toEqual(expected)
  })

  it('keeps what is found up to a limit, and says so of the rest', async () => {
    await using taker = createFileTaker({ directory, maxFoundLength: 5 })
    const wish = { keep: false, examiners: [examiner(async () => 'abc')] }
    for (const position of [1, 2]) await taker.take({ position, size: 0, wish })!.end()
    const { examinations, heldBytes } = await taker.finish()
    expect([...examinations.get('test')!.values()].map(({ kind }) => kind)).toEqual(['found', 'limited'])
    expect(heldBytes).toBe(5)
  })

  it('passes on a fault of the code, and leaves no file', async () => {
    const faulty = examiner(async () => {
      throw new TypeError('a bug')
    })
    await expect(take(large, { keep: false, examiners: [faulty] })).rejects.toThrow('a bug')
    expect(await readdir(directory)).toEqual([])
  })

  it('passes on the reason of an abort, and remembers nothing of it', async () => {
    const controller = new AbortController()
    const aborting = examiner(async () => {
      controller.abort(new Error('enough'))
      throw new SyntaxError('half')
    })
    const taken = take(small, { keep: false, examiners: [aborting] }, controller.signal)
    await expect(taken).rejects.toThrow('enough')
  })

  it('says so of files beyond the limits, which it does not take', async () => {
    await using taker = createFileTaker({ directory })
    const size = maxExaminedBytes + 1
    expect(taker.take({ position: 1, size, wish: { keep: true, examiners: [ends] } })).toBeUndefined()
    const database = { position: 2, size: maxDatabaseBytes + 1, wish: { keep: true, examiners: [] } }
    expect(taker.take(database)).toBeUndefined()
    const { contents, examinations } = await taker.finish()
    expect([...contents]).toEqual([
      [1, undefined],
      [2, undefined],
    ])
    expect(examinations.get('test')?.get(1)).toMatchObject({ kind: 'limited' })
  })

  it('lets the layer wait when many files wait for a slow examiner', async () => {
    await using taker = createFileTaker({ directory })
    const released: (() => void)[] = []
    const slow = examiner(() => new Promise<undefined>((resolve) => released.push(() => resolve(undefined))))
    let waiting: Promise<void> | undefined
    let started = 0
    while (waiting === undefined) {
      const wish = { keep: false, examiners: [slow] }
      const sink = taker.take({ position: started, size: maxMemoryFileBytes, wish })!
      await sink.write(Buffer.alloc(maxMemoryFileBytes))
      const ended = Promise.resolve(sink.end()).then(() => 'ended')
      started += 1
      for (let turn = 0; turn < 20; turn += 1) await Promise.resolve()
      const state = await Promise.race([ended, Promise.resolve('waiting')])
      if (state === 'waiting') waiting = ended.then(() => undefined)
    }
    expect(started).toBe(5)
    released[0]!()
    await waiting
    for (const release of released) release()
    await taker.finish()
  })
})
