import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseCapabilities, type RepositoryCapabilities } from './capabilities.schema.ts'

const capability = fc.record({
  answer: fc.constantFrom('yes', 'no', 'unknown'),
  evidence: fc.string({ maxLength: 100 }),
})
const date = fc
  .date({ min: new Date('2020-01-01'), max: new Date('2090-01-01'), noInvalidDate: true })
  .map((at) => at.toISOString())
const capabilities: fc.Arbitrary<RepositoryCapabilities> = fc.record(
  {
    repository: fc.constant('registry.example/team/app'),
    measuredAt: date,
    expiresAt: date,
    mode: fc.constantFrom('read-only', 'read-write'),
    subjectHeader: capability,
    referrersApi: capability,
    referrersListed: capability,
    referrersFilter: capability,
    conditionalWrites: capability,
    mountFrom: capability,
    mountAnonymous: capability,
    chunkedUpload: capability,
    minChunkBytes: fc.nat(),
    tagDelete: capability,
    manifestDelete: capability,
    sha512Blobs: capability,
    left: fc.array(fc.string({ maxLength: 50 }), { maxLength: 5 }),
  },
  {
    requiredKeys: [
      'repository',
      'measuredAt',
      'expiresAt',
      'mode',
      'subjectHeader',
      'referrersApi',
      'referrersListed',
      'referrersFilter',
      'conditionalWrites',
      'mountFrom',
      'mountAnonymous',
      'chunkedUpload',
      'tagDelete',
      'manifestDelete',
      'sha512Blobs',
      'left',
    ],
  },
)

describe('parseCapabilities', () => {
  it('reads what was written', () => {
    fc.assert(
      fc.property(capabilities, (each) => {
        expect(parseCapabilities(JSON.stringify(each))).toEqual(each)
      }),
    )
  })

  it.each(['', 'null', '{}', '[]', '{"repository":1}', `"${'x'.repeat(300_000)}"`])(
    'refuses %.20s',
    (text) => {
      expect(() => parseCapabilities(text)).toThrow(expect.objectContaining({ code: 'CAPABILITIES_INVALID' }))
    },
  )

  it('refuses any one field that is missing or of another type', () => {
    fc.assert(
      fc.property(capabilities, fc.nat(), fc.boolean(), (each, at, drop) => {
        const keys = Object.keys(each).filter((key) => key !== 'minChunkBytes')
        const key = keys[at % keys.length]!
        const { [key]: _, ...rest } = each as unknown as Record<string, unknown>
        const broken = drop ? rest : { ...rest, [key]: 17 }
        expect(() => parseCapabilities(JSON.stringify(broken))).toThrow(
          expect.objectContaining({ code: 'CAPABILITIES_INVALID' }),
        )
      }),
    )
  })
})
