import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf } from '@sallyport/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { revocationFile } from './revocation-file.ts'

const signal = new AbortController().signal
const textOf = (entry: string): string => `version: 1\nrevocations:\n  - ${entry}\n`
const digest = digestOf('x')
let directory: string
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'sallyport-revoked-'))))
afterEach(() => rm(directory, { recursive: true, force: true }))

describe('revocationFile', () => {
  it('reads the file again when it was changed', async () => {
    const path = join(directory, 'revoked.yaml')
    const file = revocationFile(path)
    await writeFile(path, 'version: 1\nrevocations: []\n')
    const first = await file.read({ signal })
    expect(first.revocations).toEqual([])
    expect(await file.read({ signal })).toBe(first)
    await writeFile(path, textOf(`{ digest: '${digest}', reason: bad, from: 2026-11-26 }`))
    expect((await file.read({ signal })).revocations).toEqual([
      { digest, reason: 'bad', from: new Date('2026-11-26T00:00:00Z'), until: undefined },
    ])
    await rm(path)
    await expect(file.read({ signal })).rejects.toMatchObject({ code: 'REVOCATIONS_INVALID' })
  })

  it.each([
    ['an unknown field', textOf(`{ digest: '${digest}', reason: x, form: 2026-11-26 }`)],
    ['no reason', textOf(`{ digest: '${digest}' }`)],
    ['neither digest nor key', textOf('{ reason: x }')],
    ['a digest that is none', textOf("{ digest: 'sha256:1', reason: x }")],
    ['a day that is none', textOf(`{ digest: '${digest}', reason: x, from: 2026-02-30 }`)],
    ['nothing', ''],
    ['too much', ' '.repeat(1024 * 1024 + 1)],
  ])('refuses %s', async (_title, text) => {
    const path = join(directory, 'revoked.yaml')
    await writeFile(path, text)
    await expect(revocationFile(path).read({ signal })).rejects.toMatchObject({ code: 'REVOCATIONS_INVALID' })
  })
})
