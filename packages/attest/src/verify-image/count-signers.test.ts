import { describe, expect, it } from 'vitest'
import type { EvidenceSigner } from '../verify/evidence-signer.ts'
import type { SignerEntry } from './accepted-signers.ts'
import { countSigners } from './count-signers.ts'
import { resolveTrust } from '../trust/resolve-trust.ts'
import { matchesIdentity } from '../verify/signature/match-identity.ts'

const issuer = 'https://issuer.example'
const person = (subject: string): EvidenceSigner => ({ kind: 'certificate', issuer, subject, claims: {} })
const listed = (subject: string | { pattern: string }): SignerEntry => {
  const identity = { issuer, subject }
  return { kind: 'identity', identity, matcher: resolveTrust({ identities: [identity] }).identities![0]! }
}
const alice = listed('alice@corp.example')
const anybody = listed({ pattern: '.*@corp\\.example' })
const count = (entries: readonly SignerEntry[], subjects: readonly string[]): number =>
  countSigners(
    subjects.map((subject) => {
      const signer = person(subject)
      return {
        signer,
        entries: entries.filter(
          (entry) =>
            entry.kind === 'identity' &&
            signer.kind === 'certificate' &&
            matchesIdentity(signer, entry.matcher),
        ),
      }
    }),
  )

describe('countSigners', () => {
  it.each<[string, SignerEntry[], string[], number]>([
    ['nobody', [alice], [], 0],
    ['one who signed twice', [alice, anybody], ['alice@corp.example', 'alice@corp.example'], 1],
    ['one who fits two entries', [alice, anybody], ['alice@corp.example'], 1],
    ['two who fit one entry', [anybody], ['alice@corp.example', 'bob@corp.example'], 1],
    ['two for two entries', [alice, anybody], ['alice@corp.example', 'bob@corp.example'], 2],
    [
      'two for two entries, in the other order',
      [anybody, alice],
      ['alice@corp.example', 'bob@corp.example'],
      2,
    ],
    ['two of whom neither is the named one', [alice, anybody], ['bob@corp.example', 'carol@corp.example'], 1],
  ])('counts %s', (_, entries, subjects, expected) => {
    expect(count(entries, subjects)).toBe(expected)
  })
})
