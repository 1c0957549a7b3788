import { parsePredicate, predicateKinds, readEvidence, readFileManifest } from '@sallyport/attest'
import { digestOf } from '@sallyport/core'
import { createImage, pushImage, startRegistry } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { debianImage } from './debian-image.fixture.ts'
import { openTestGate } from './test-gate.fixture.ts'

describe('promote with fileManifest', () => {
  it('attaches a signed list of the files of the image that was promoted', async () => {
    await using resources = new AsyncDisposableStack()
    const registry = await startRegistry()
    resources.defer(() => registry.close())
    const gate = resources.use(await openTestGate())
    const [from, to] = [`${registry.host}/build/app:1`, `${registry.host}/prod/app:1`]
    const source = createImage(debianImage())
    await pushImage(gate.repository(from), source, '1')

    const outcome = await gate.promote({ from, to, fileManifest: true })
    if (outcome.verdict !== 'pass') throw new Error(JSON.stringify(outcome))
    const { verified } = await readEvidence(gate.repository(to), outcome.digest, {
      keys: [gate.keys.evidence],
    })
    const found = verified.filter(
      ({ statement }) => statement.predicateType === predicateKinds.fileManifest.type,
    )
    expect(found.map(({ store }) => store).sort()).toEqual(['bundle', 'legacy-attestation'])
    const predicate = parsePredicate(found[0]!.statement, predicateKinds.fileManifest)
    const files = new Map(readFileManifest(predicate).map((file) => [file.path, file]))
    expect(predicate.platform).toBe('linux/amd64')
    const program = '#!/bin/sh\necho hello\n'
    expect(files.get('/usr/bin/hello')).toEqual({
      path: '/usr/bin/hello',
      type: 'file',
      mode: 0o755,
      uid: 0,
      gid: 0,
      size: program.length,
      sha256: digestOf(program).slice('sha256:'.length),
      magic: 'script',
    })
    expect(files.get('/bin')).toMatchObject({ type: 'symlink', linkTarget: 'usr/bin' })
    // Hardening removed it: the list is that of what runs, not of what came in.
    expect(files.has('/usr/bin/leftover')).toBe(false)

    // The same promotion again finds it there.
    const again = await gate.promote({ from, to, fileManifest: true })
    expect(again).toMatchObject({ verdict: 'pass', digest: outcome.digest })
  })

  it('is attached to no image where it is not asked for', async () => {
    await using resources = new AsyncDisposableStack()
    const registry = await startRegistry()
    resources.defer(() => registry.close())
    const gate = resources.use(await openTestGate())
    const [from, to] = [`${registry.host}/build/app:1`, `${registry.host}/prod/app:1`]
    await pushImage(gate.repository(from), createImage(debianImage()), '1')
    const types = async () => {
      const outcome = await gate.promote({ from, to })
      if (outcome.verdict !== 'pass') throw new Error(JSON.stringify(outcome))
      const { verified } = await readEvidence(gate.repository(to), outcome.digest, {
        keys: [gate.keys.evidence],
      })
      return verified.map(({ statement }) => statement.predicateType)
    }
    expect(await types()).not.toContain(predicateKinds.fileManifest.type)
    // Asking for it later is another promotion, not the one that is done.
    await gate.promote({ from, to, fileManifest: true })
    expect(await types()).toContain(predicateKinds.fileManifest.type)
  })
})
