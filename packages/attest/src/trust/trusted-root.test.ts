import { createSigstore, type TrustedRoot } from '@sallyport/testkit/sigstore'
import { describe, expect, it } from 'vitest'
import { combineTrustedRoots } from './combine-trusted-roots.ts'
import { parseTrustedRoot } from './trusted-root.ts'

const { trustedRoot } = createSigstore({ operator: 'someone' })
const other = createSigstore({ hostname: 'other.test' }).trustedRoot
const text = JSON.stringify(trustedRoot)
/** A copy with everything open to change. */
type Open<T> = T extends object ? { -readonly [K in keyof T]?: Open<T[K]> } : T
const changed = (change: (root: Open<TrustedRoot>) => unknown): string => {
  const copy = structuredClone(trustedRoot) as Open<TrustedRoot>
  change(copy)
  return JSON.stringify(copy)
}

describe('parseTrustedRoot', () => {
  it('reads who is trusted, and since when', () => {
    const root = parseTrustedRoot(text)
    expect(root.logs.map(({ operator }) => operator)).toEqual(['someone', 'someone'])
    expect(root.logs[0]?.validFor.start).toEqual(new Date(trustedRoot.tlogs[0]!.publicKey.validFor.start))
    expect(root.certificateAuthorities[0]?.certificates.length).toBe(
      trustedRoot.certificateAuthorities[0]!.certChain.certificates.length,
    )
  })

  it.each([
    ['2025-01-01T00:00:00Z', '2025-01-01T00:00:00.000Z'],
    ['2025-01-01T00:00:00.1Z', '2025-01-01T00:00:00.100Z'],
    ['2025-01-01T00:00:00.120000Z', '2025-01-01T00:00:00.120Z'],
    ['2025-01-01T00:00:00.123456789Z', '2025-01-01T00:00:00.123Z'],
    ['2025-01-01T01:00:00+01:00', '2025-01-01T00:00:00.000Z'],
  ])('reads the time %s', (start, expected) => {
    const root = parseTrustedRoot(changed((root) => (root.tlogs![0]!.publicKey!.validFor!.start = start)))
    expect(root.logs[0]?.validFor.start.toISOString()).toBe(expected)
  })

  it('has one digest for a root, however it is written', () => {
    const reversed = Object.fromEntries(Object.entries(trustedRoot).reverse())
    expect(parseTrustedRoot(Buffer.from(JSON.stringify(reversed, undefined, 2))).digest).toBe(
      parseTrustedRoot(text).digest,
    )
    expect(parseTrustedRoot(JSON.stringify(other)).digest).not.toBe(parseTrustedRoot(text).digest)
  })

  const refused: readonly [string, string][] = [
    ['no JSON', 'x'],
    ['a list', '[]'],
    ['nothing', '{}'],
    ['a key twice', text.replace('{', '{"tlogs":[],')],
    // Name constraints in the place of basic constraints.
    ...(['certificateAuthorities', 'timestampAuthorities'] as const).map((part): [string, string] => [
      `${part} with a restriction that is not enforced`,
      changed((root) => {
        const certificate = root[part]![0]!.certChain!.certificates!.at(-1)!
        const hex = Buffer.from(certificate.rawBytes!, 'base64').toString('hex')
        certificate.rawBytes = Buffer.from(hex.replace('551d13', '551d1e'), 'hex').toString('base64')
      }),
    ]),
    ...['2025-01-01T00:00:00', '2025-01-01', '1', '', 1735689600, { seconds: 1 }].map(
      (start): [string, string] => [
        `a start of ${JSON.stringify(start)}`,
        changed((root) => (root.tlogs![0]!.publicKey!.validFor!.start = start as string)),
      ],
    ),
    [
      'an end that machines read differently',
      changed((root) => (root.certificateAuthorities![0]!.validFor!.end = '2025-01-01T00:00:00')),
    ],
    ['another media type', changed((root) => (root.mediaType = 'application/json'))],
    ...(['tlogs', 'ctlogs'] as const).flatMap((part): [string, string][] => [
      [`${part} without a start`, changed((root) => delete root[part]![0]!.publicKey!.validFor!.start)],
      [`${part} without a validity`, changed((root) => delete root[part]![0]!.publicKey!.validFor)],
      [`${part} without a key`, changed((root) => delete root[part]![0]!.publicKey)],
      [`${part} with a broken key`, changed((root) => (root[part]![0]!.publicKey!.rawBytes = 'AAAA'))],
      [`${part} without an id`, changed((root) => delete root[part]![0]!.logId)],
      [
        `${part} with a start that is no time`,
        changed((root) => (root[part]![0]!.publicKey!.validFor!.start = 'soon')),
      ],
    ]),
    ...(['certificateAuthorities', 'timestampAuthorities'] as const).flatMap((part): [string, string][] => [
      [`${part} without a start`, changed((root) => delete root[part]![0]!.validFor!.start)],
      [`${part} without certificates`, changed((root) => (root[part]![0]!.certChain!.certificates = []))],
      [
        `${part} with a broken certificate`,
        changed((root) => (root[part]![0]!.certChain!.certificates![0]!.rawBytes = 'AAAA')),
      ],
    ]),
  ]
  it.each(refused)('refuses %s', (_, json) => {
    expect(() => parseTrustedRoot(json)).toThrow(
      expect.objectContaining({ name: 'AttestError', code: 'TRUST_ROOT_INVALID' }),
    )
  })
})

describe('combineTrustedRoots', () => {
  const [one, two] = [parseTrustedRoot(text), parseTrustedRoot(JSON.stringify(other))]
  it('trusts whom either trusts', () => {
    const both = combineTrustedRoots([one, two])
    expect(both.logs.length).toBe(4)
    expect(both.logs).toEqual(expect.arrayContaining([...one.logs, ...two.logs]))
    expect(both).toEqual(combineTrustedRoots([two, one, one]))
    expect(both.digest).not.toBe(one.digest)
  })

  it('is the root itself when there is one, and trusts nobody when there is none', () => {
    expect(combineTrustedRoots([one, one])).toBe(one)
    expect(combineTrustedRoots([]).certificateAuthorities).toEqual([])
  })
})
