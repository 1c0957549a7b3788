import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { initTUF } from '@sigstore/tuf'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RunningSigstore, startSigstore } from '../start-sigstore.ts'
import type { TufRepository } from './tuf-repository.ts'

let directory: string
let sigstore: RunningSigstore
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'testkit-tuf-'))
  sigstore = await startSigstore()
  await writeFile(join(directory, 'root.json'), sigstore.tuf.root)
})
afterEach(async () => {
  await sigstore.close()
  await rm(directory, { recursive: true, force: true })
})

/** Reads a target as a client does that keeps what it has seen. */
async function readTarget(name: string): Promise<string> {
  const client = await initTUF({
    mirrorURL: sigstore.tufUrl,
    rootPath: join(directory, 'root.json'),
    cachePath: join(directory, 'cache'),
    retry: 0,
  })
  return client.getTarget(name)
}

describe('the repository of startSigstore', () => {
  it('gives its targets to a client that was given the root', async () => {
    expect(JSON.parse(await readTarget('trusted_root.json'))).toEqual(sigstore.trustedRoot)
    expect(JSON.parse(await readTarget('signing_config.v0.2.json'))).toEqual(sigstore.signingConfig)
  })

  it('gives a new version to a client that has seen the one before, over a rotation of all keys', async () => {
    await readTarget('trusted_root.json')
    sigstore.tuf.publish({ 'more.txt': 'one' })
    expect(await readTarget('more.txt')).toBe('one')
    sigstore.tuf.rotateRoot()
    sigstore.tuf.rotateRoot()
    sigstore.tuf.publish({ 'more.txt': 'two' })
    expect(await readTarget('more.txt')).toBe('two')
  })

  const wrongs: readonly [string, (tuf: TufRepository) => void][] = [
    ['a root that the old one did not sign', (tuf) => tuf.rotateRoot({ signedByOld: false })],
    ['a root that has expired', (tuf) => tuf.expire('root')],
    ['targets that have expired', (tuf) => tuf.expire('targets')],
    ['a snapshot that has expired', (tuf) => tuf.expire('snapshot')],
    ['a timestamp that has expired', (tuf) => tuf.expire('timestamp')],
    [
      'a timestamp whose version is raised',
      (tuf) => tuf.tamper('timestamp.json', replace('"version": 3', '"version": 4')),
    ],
    ['a snapshot of other bytes', (tuf) => tuf.tamper('3.snapshot.json', () => Buffer.from('{}'))],
    ['no timestamp', (tuf) => tuf.tamper('timestamp.json', () => undefined)],
  ]
  it.each(wrongs)('can serve %s, which the client refuses', async (_, spoil) => {
    sigstore.tuf.publish({ 'seen.txt': 'seen' })
    expect(await readTarget('seen.txt')).toBe('seen')
    sigstore.tuf.publish({ 'other.txt': 'other' })
    spoil(sigstore.tuf)
    await expect(readTarget('other.txt')).rejects.toThrow()
  })

  it('can serve an older timestamp, which a client that has seen the newer refuses', async () => {
    sigstore.tuf.publish({ 'seen.txt': 'seen' })
    expect(await readTarget('seen.txt')).toBe('seen')
    sigstore.tuf.rollBack()
    await expect(readTarget('trusted_root.json')).rejects.toThrow()
    sigstore.tuf.publish({})
    expect(JSON.parse(await readTarget('trusted_root.json'))).toEqual(sigstore.trustedRoot)
  })
})

const replace = (from: string, to: string) => (content: Buffer) =>
  Buffer.from(content.toString().replaceAll(from, to))
