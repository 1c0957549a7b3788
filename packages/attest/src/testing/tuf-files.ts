import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { digestOf } from '@sallyport/core'
import { toCanonicalJson } from '../internal/canonical-json.ts'

/** What metadata says about a target. */
export interface TufTarget {
  readonly length: number
  readonly hashes: Readonly<Record<string, string>>
}

/** A repository of The Update Framework of one version, by path, whose targets metadata may say anything. */
export function tufFiles(targets: Readonly<Record<string, TufTarget>>): ReadonlyMap<string, Buffer> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const key = describeKey(publicKey)
  const keyId = digestOf(toCanonicalJson(key)).slice('sha256:'.length)
  const metadata = (type: string, content: object): Buffer => {
    const signed = {
      _type: type,
      spec_version: '1.0.31',
      version: 1,
      expires: new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+Z$/, 'Z'),
      ...content,
    }
    const sig = sign(null, Buffer.from(toCanonicalJson(signed)), privateKey).toString('hex')
    return Buffer.from(JSON.stringify({ signatures: [{ keyid: keyId, sig }], signed }))
  }
  const role = { keyids: [keyId], threshold: 1 }
  return new Map([
    [
      'root.json',
      metadata('root', {
        consistent_snapshot: true,
        keys: { [keyId]: key },
        roles: { root: role, targets: role, snapshot: role, timestamp: role },
      }),
    ],
    ['timestamp.json', metadata('timestamp', { meta: { 'snapshot.json': { version: 1 } } })],
    ['1.snapshot.json', metadata('snapshot', { meta: { 'targets.json': { version: 1 } } })],
    ['1.targets.json', metadata('targets', { targets })],
  ])
}

function describeKey(key: KeyObject): object {
  const spki = key.export({ type: 'spki', format: 'der' })
  return { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: spki.subarray(-32).toString('hex') } }
}
