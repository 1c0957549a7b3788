import { describe, expect, it } from 'vitest'
import { entryCommands } from './entry-commands.ts'
import { interpreterWords } from './file-contents.ts'

describe('entryCommands', () => {
  it.each([
    [{ Entrypoint: ['/a'], Cmd: ['b'] }, [{ words: ['/a', 'b'], shellText: undefined }]],
    [{ Cmd: ['/bin/sh', '-ec', 'run me'] }, [{ words: ['/bin/sh', '-ec', 'run me'], shellText: 'run me' }]],
    [
      { Entrypoint: ['tini', '--', 'bash', '-lc'], Cmd: ['go'] },
      [{ words: ['tini', '--', 'bash', '-lc', 'go'], shellText: 'go' }],
    ],
    [{ Healthcheck: { Test: ['NONE'] } }, []],
    [{ Healthcheck: { Test: ['CMD', 'nc', '-z'] } }, [{ words: ['nc', '-z'], shellText: undefined }]],
    [
      { Healthcheck: { Test: ['CMD-SHELL', 'nc x'] } },
      [{ words: ['/bin/sh', '-c', 'nc x'], shellText: 'nc x' }],
    ],
    [
      { Shell: ['/bin/bash', '-c'], Healthcheck: { Test: ['CMD-SHELL', 'nc x'] } },
      [{ words: ['/bin/bash', '-c', 'nc x'], shellText: 'nc x' }],
    ],
  ])('reads %j', (config, expected) => {
    expect(entryCommands({ config } as never)).toEqual(expected)
  })
})

describe('interpreterWords', () => {
  it.each([
    ['/bin/sh -e', ['/bin/sh']],
    ['/usr/bin/env python3', ['/usr/bin/env', 'python3']],
    ['/usr/bin/env -S python3 -u', ['/usr/bin/env', 'python3']],
    ['/usr/bin/env -Sperl -w', ['/usr/bin/env', 'perl']],
    ['/usr/bin/env -S -u HOME A=b node', ['/usr/bin/env', 'node']],
    ['/bin/busybox sh', ['/bin/busybox', 'sh']],
  ])('reads %s', (line, expected) => {
    expect(interpreterWords(line)).toEqual(expected)
  })
})
