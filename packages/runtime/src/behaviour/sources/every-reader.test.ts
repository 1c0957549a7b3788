import { isSallyportError } from '@sallyport/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readAuditdEvents } from './read-auditd-events.ts'
import { readFalcoEvents } from './read-falco-events.ts'
import { readInspektorGadgetEvents } from './read-inspektor-gadget-events.ts'
import { readKubescapeEvents } from './read-kubescape-events.ts'
import { readStraceEvents } from './read-strace-events.ts'
import { readTetragonEvents } from './read-tetragon-events.ts'
import { read } from './read-events.fixture.ts'
import { recordings } from './recordings.fixture.ts'

describe('every reader', () => {
  const readers = {
    falco: readFalcoEvents,
    tetragon: readTetragonEvents,
    'inspektor-gadget': readInspektorGadgetEvents,
    strace: readStraceEvents,
    auditd: readAuditdEvents,
    kubescape: readKubescapeEvents,
  }
  const fragment = fc.oneof(
    fc.constantFrom(
      '"',
      '\\',
      '\n',
      '{',
      '}',
      '[',
      ']',
      ',',
      '/',
      '../',
      '<',
      '>',
      '-',
      '0',
      '99999',
      '\0',
      '\u001d',
    ),
    fc.constantFrom(' = 0', '3<', '<unfinished ...>', '<... read resumed>', 'type=SYSCALL ', 'saddr=0200'),
    fc.string(),
  )
  const edit = fc.record({ at: fc.nat(10_000), length: fc.nat(12), text: fragment })
  const edits = fc.array(edit, { maxLength: 6 })
  it.each(Object.entries(readers))(
    'of %s makes sound events of a damaged recording, or ends with an error of this package',
    async (name, reader) => {
      const recording = recordings[name as keyof typeof readers]
      const told = new Set<string>()
      await fc.assert(
        fc.asyncProperty(edits, async (changes) => {
          const text = changes.reduce((before, { at, length, text: piece }) => {
            const from = at % (before.length + 1)
            return before.slice(0, from) + piece + before.slice(from + length)
          }, recording)
          try {
            for (const event of await read(reader(text))) {
              told.add(event.type)
              if (event.type === 'gap') expect(event.count).toBeGreaterThan(0)
              if (event.type === 'exec' || event.type === 'open') expect(event.path).toMatch(/^\/[^\0]*$/)
              if (event.type === 'connect' || event.type === 'listen')
                expect(Number.isInteger(event.port) && event.port >= 0 && event.port < 65_536).toBe(true)
            }
          } catch (error) {
            if (!isSallyportError(error)) throw error
            expect(error).toMatchObject({ code: 'EVENTS_INVALID' })
          }
        }),
        { numRuns: 300 },
      )
      // Or nothing was looked at.
      expect([...told]).toEqual(expect.arrayContaining(['exec', 'open', 'connect', 'listen', 'gap']))
    },
  )
  it.each(Object.entries(readers))('of %s stops at a limit and at an abort', async (_, reader) => {
    const limits = { maxLineBytes: 10, maxDocumentBytes: 10 }
    await expect(read(reader('x'.repeat(100), { limits }))).rejects.toMatchObject({ code: 'EVENTS_INVALID' })
    const reason = new Error('enough')
    await expect(read(reader('x', { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason)
  })
  it.each(Object.entries(readers).filter(([name]) => name !== 'kubescape'))(
    'of %s takes no long time over a long line',
    async (_, reader) => {
      const started = performance.now()
      for (const piece of ['3<', '{a=', '1->:1', 'audit: ', 'a="', '":{', '/a', 'sun_path="', 'aaaaaaaa-'])
        await read(reader(`type=SYSCALL msg=audit(1.2:3): 1 connect(${piece.repeat(200_000 / piece.length)}`))
      expect(performance.now() - started).toBeLessThan(15_000)
    },
    20_000,
  )
})
