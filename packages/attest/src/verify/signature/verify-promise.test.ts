import { generateKeyPairSync, sign } from 'node:crypto'
import { bundleFromJSON, type SerializedBundle, type TransparencyLogEntry } from '@sigstore/bundle'
import { createSigstore } from '@sallyport/testkit/sigstore'
import { describe, expect, it } from 'vitest'
import { parseTrustedRoot } from '../../trust/trusted-root.ts'
import { verifyPromise } from './verify-promise.ts'

const time = Date.UTC(2026, 2, 3)
const sigstore = createSigstore({ clock: () => time })
const rootOf = (json: object) => parseTrustedRoot(JSON.stringify(json))
const root = rootOf(sigstore.trustedRoot)
const { bundle } = sigstore.sign({ payload: '{}' }, { rekor: [1] })
const [logged] = bundleFromJSON(bundle as unknown as SerializedBundle).verificationMaterial.tlogEntries
const entry: TransparencyLogEntry = { ...logged!, inclusionProof: undefined }
const otherBody = Buffer.from(`${entry.canonicalizedBody.toString()} `)
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const byAnotherKey = sign('sha256', Buffer.from('{}'), privateKey)

describe('verifyPromise', () => {
  it('takes the promise of a log of the root', () => {
    expect(() => verifyPromise(entry, root)).not.toThrow()
  })

  it.each<[string, Partial<TransparencyLogEntry>]>([
    ['another body', { canonicalizedBody: otherBody }],
    ['another index', { logIndex: `${Number(entry.logIndex) + 1}` }],
    ['another time', { integratedTime: `${Number(entry.integratedTime) + 1}` }],
    ['another log', { logId: { keyId: Buffer.alloc(32) } }],
    ['a signature by another key', { inclusionPromise: { signedEntryTimestamp: byAnotherKey } }],
    ['no signature', { inclusionPromise: undefined }],
    ['a proof, which is not looked at', { inclusionProof: logged!.inclusionProof }],
  ])('refuses it with %s', (_, change) => {
    expect(() => verifyPromise({ ...entry, ...change }, root)).toThrow(
      expect.objectContaining({ reason: 'log-invalid' }),
    )
  })

  it.each([
    ['ended before', { start: new Date(0), end: new Date(time - 1) }],
    ['counts only from later on', { start: new Date(time + 1000) }],
  ])('refuses the promise of a log that %s', (_, validFor) => {
    const logs = root.logs.map((log) => ({ ...log, validFor }))
    expect(() => verifyPromise(entry, { ...root, logs })).toThrow(
      expect.objectContaining({ reason: 'log-invalid' }),
    )
  })

  it('refuses the promise of a stranger', () => {
    const stranger = rootOf(createSigstore({ clock: () => time }).trustedRoot)
    expect(() => verifyPromise(entry, stranger)).toThrow(expect.objectContaining({ reason: 'log-invalid' }))
  })
})
