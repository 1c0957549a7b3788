import { describe, expect, it } from 'vitest'
import { formatPlatform, parsePlatform } from './platform.ts'

describe('parsePlatform', () => {
  it.each([
    ['linux/amd64', { os: 'linux', architecture: 'amd64' }],
    ['linux/arm/v7', { os: 'linux', architecture: 'arm', variant: 'v7' }],
  ])('reads %s, and formatPlatform writes it', (text, platform) => {
    expect(parsePlatform(text)).toEqual(platform)
    expect(formatPlatform(platform)).toBe(text)
  })

  it.each(['', 'linux', '/amd64', 'linux/', 'linux/arm/', 'linux/arm/v7/x', 'linux/am d64', 'linux/../x y'])(
    'refuses %j',
    (text) => {
      expect(() => parsePlatform(text)).toThrow(
        expect.objectContaining({ name: 'CoreError', code: 'PLATFORM_INVALID' }),
      )
    },
  )
})
