import type { Platform } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { sharedCases } from '../testing/shared-cases.ts'
import { matchPlatform, normalizePlatform, type PlatformRule } from './match-platform.ts'
import { selectPlatform } from './select-platform.ts'

interface Row {
  readonly name: string
  readonly input:
    | { op: 'normalize'; platform: Platform }
    | { op: 'match'; rule: PlatformRule; want: Platform; have: Platform }
    | { op: 'select'; rule: PlatformRule; want: Platform; manifests: Platform[] }
    | { op: 'runs'; host: Platform; image: Platform }
    | { op: 'parse' }
  readonly expect: { platform?: Platform; match?: boolean; index?: number | null; runs?: boolean }
}

// Reading platforms from text is core's; those rows are not for this package.
const rows = sharedCases<Row>('platform').filter(({ input }) => input.op !== 'parse')
const entry = (platform: Platform) => ({ mediaType: 'm', digest: 'sha256:' as const, size: 1, platform })

describe.skipIf(rows.length === 0)('platforms, shared table', () => {
  it.each(rows)('$name', ({ input, expect: expected }) => {
    switch (input.op) {
      case 'normalize':
        return expect(normalizePlatform(input.platform)).toEqual(expected.platform)
      case 'match':
        return expect(matchPlatform(input.want, input.have, input.rule)).toBe(expected.match)
      case 'runs':
        return expect(matchPlatform(input.host, input.image)).toBe(expected.runs)
      case 'select': {
        const manifests = input.manifests.map(entry)
        const chosen = selectPlatform({ manifests }, input.want, { rule: input.rule })
        return expect(chosen === undefined ? null : manifests.indexOf(chosen as never)).toBe(expected.index)
      }
      case 'parse':
        throw new Error('filtered out')
    }
  })
})

describe('selectPlatform', () => {
  const arm7 = entry({ os: 'linux', architecture: 'arm', variant: 'v7' })
  const arm6 = entry({ os: 'linux', architecture: 'arm', variant: 'v6' })
  const amd64 = entry({ os: 'linux', architecture: 'amd64' })

  it.each([
    ['the highest variant that fits', { os: 'linux', architecture: 'arm64' }, 'compatible', arm7],
    ['nothing when strict', { os: 'linux', architecture: 'arm64' }, 'strict', undefined],
    ['the normalised name', { os: 'linux', architecture: 'x86_64' }, 'strict', amd64],
    ['nothing of another system', { os: 'windows', architecture: 'amd64' }, 'compatible', undefined],
  ] as const)('chooses %s', (_, platform, rule, expected) => {
    expect(selectPlatform({ manifests: [arm6, arm7, amd64] }, platform, { rule })).toBe(expected)
  })
})
