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

describe('every reader', () => {
  const readers = {
    falco: readFalcoEvents,
    tetragon: readTetragonEvents,
    'inspektor-gadget': readInspektorGadgetEvents,
    strace: readStraceEvents,
    auditd: readAuditdEvents,
    kubescape: readKubescapeEvents,
  }
  const fragment = fc.constantFrom(
    'type=SYSCALL ',
    'msg=audit(1.2:3): ',
    'saddr=0200',
    '{"process_exec":{"process":{"pid":1,"docker":"x"',
    '}}}',
    '"rule":"x"',
    '{"proc":{"comm":"a"},"dst":{"addr":"::"',
    'execve("/a", ["b"',
    ') = 0',
    '3<',
    '<unfinished ...>',
    '<... read resumed>',
    '"',
    '\\',
    '\n',
    '{',
    '}',
    '[',
    ']',
    'kind: ApplicationProfile\n',
    'spec: {}\n',
    'metadata: {}\n',
    '\0',
    '\u001d',
  )
  const hostile = fc.array(fc.oneof(fragment, fc.string()), { maxLength: 40 }).map((parts) => parts.join(''))
  it.each(Object.entries(readers))(
    'of %s ends with events and gaps, or an error of this package',
    async (_, reader) => {
      await fc.assert(
        fc.asyncProperty(hostile, async (text) => {
          try {
            for (const event of await read(reader(text))) {
              if (event.type === 'gap') expect(event.count).toBeGreaterThan(0)
              if (event.type === 'exec' || event.type === 'open') expect(event.path).toMatch(/^\/[^\0]*$/)
              if (event.type === 'connect' || event.type === 'listen') expect(event.port).toBeLessThan(65_536)
            }
          } catch (error) {
            if (!isSallyportError(error)) throw error
            expect(error).toMatchObject({ code: 'EVENTS_INVALID' })
          }
        }),
      )
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
