import { createHash, generateKeyPairSync } from 'node:crypto'
import { bundleFromJSON, bundleToJSON, type SerializedBundle } from '@sigstore/bundle'
import { createSigstore } from '@sallyport/testkit/sigstore'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseTrustedRoot } from '../trust/trusted-root.ts'
import { verifyBundle } from './verify-bundle.ts'

const time = Date.UTC(2026, 2, 3, 4, 5, 6)
const sigstore = createSigstore({ clock: () => time })
const file = Buffer.from('an artifact')
const payload = JSON.stringify({
  _type: 'https://in-toto.io/Statement/v1',
  subject: [{ digest: { sha256: createHash('sha256').update(file).digest('hex') } }],
  predicateType: 'https://example.com/predicate/v1',
})
const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const trust = {
  root: parseTrustedRoot(JSON.stringify(sigstore.trustedRoot)),
  keys: [pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()],
}
const verifies = (bundle: Uint8Array, options: typeof trust | Omit<typeof trust, 'root'> = trust): boolean =>
  verifyBundle(bundle, { bytes: file }, options).verified

const samples = [
  ['an envelope in Rekor v1', sigstore.sign({ payload }, { rekor: [1], timestamps: [] })],
  ['a message in Rekor v2 with a timestamp', sigstore.sign({ file })],
] as const

describe('a tampered bundle', () => {
  it.each(samples)(
    'of %s never verifies, whichever byte is another',
    { timeout: 300_000 },
    (_, { bundle }) => {
      // As it is written: no white space, so no byte is without a meaning.
      const original = Buffer.from(JSON.stringify(bundle))
      expect(verifies(original)).toBe(true)
      const survivors: string[] = []
      for (let at = 0; at < original.length; at++) {
        const byte = original[at]!
        // Another bit each time: letters and their case, punctuation. Of a digit always another digit too.
        const others = new Set([
          byte ^ (1 << (at % 7)),
          byte >= 0x30 && byte <= 0x39 ? byte ^ 1 : byte ^ 0x20,
        ])
        for (const other of others) {
          const changed = Buffer.from(original)
          changed[at] = other
          if (verifies(changed))
            survivors.push(`${at}: ${changed.subarray(at - 20, at + 20).toString('latin1')}`)
        }
      }
      expect(survivors).toEqual([])
    },
  )

  it('of a key never verifies, whichever byte is another', { timeout: 300_000 }, () => {
    const { bundle } = sigstore.sign(
      { payload },
      { key: pair.privateKey, certificate: 'none', rekor: [], timestamps: [] },
    )
    const original = Buffer.from(JSON.stringify(bundle))
    const { keys } = trust
    expect(verifies(original, { keys })).toBe(true)
    for (let at = 0; at < original.length; at++) {
      // A digit or letter turned into another, and into something else; the eighth bit is never text.
      for (const bit of [at % 7, (at + 3) % 7]) {
        const changed = Buffer.from(original)
        changed[at] = changed[at]! ^ (1 << bit)
        if (verifies(changed, { keys })) expect.fail(changed.toString('latin1'))
      }
    }
  })

  it('never verifies cut short', () => {
    const original = Buffer.from(JSON.stringify(samples[0][1].bundle))
    for (let length = 0; length < original.length; length += 11)
      expect(verifies(original.subarray(0, length))).toBe(false)
  })

  it('verifies with another part only when that means the same', { timeout: 120_000 }, () => {
    const meaning = (bundle: unknown): unknown => bundleToJSON(bundleFromJSON(bundle as SerializedBundle))
    const bundles = samples.map(([, { bundle }]) => bundle)
    const parts = fc.oneof(fc.jsonValue(), fc.constant(undefined))
    fc.assert(
      fc.property(fc.constantFrom(...bundles), fc.nat(), parts, (bundle, pick, value) => {
        const copy = structuredClone(bundle) as unknown
        const places = placesIn(copy)
        const { holder, name } = places[pick % places.length]!
        if (value === undefined) delete holder[name]
        else holder[name] = value
        if (verifies(Buffer.from(JSON.stringify(copy)))) expect(meaning(copy)).toEqual(meaning(bundle))
      }),
      { numRuns: 200 },
    )
  })
})

interface Place {
  readonly holder: Record<string, unknown>
  readonly name: string
}

/** Every member of every object and list. */
function placesIn(value: unknown): Place[] {
  if (typeof value !== 'object' || value === null) return []
  const holder = value as Record<string, unknown>
  return Object.keys(holder).flatMap((name) => [{ holder, name }, ...placesIn(holder[name])])
}
