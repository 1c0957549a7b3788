import { describe, expect, it } from 'vitest'
import { type CachePathPlatform, defaultCachePath } from './default-cache-path.ts'

describe('defaultCachePath', () => {
  it.each<[string, CachePathPlatform, string]>([
    ['linux', { platform: 'linux', environment: {}, home: '/home/u' }, '/home/u/.cache/sallyport/tuf'],
    [
      'linux with a cache folder of its own',
      { platform: 'linux', environment: { XDG_CACHE_HOME: '/var/u' }, home: '/home/u' },
      '/var/u/sallyport/tuf',
    ],
    [
      'linux with a relative cache folder',
      { platform: 'linux', environment: { XDG_CACHE_HOME: 'cache' }, home: '/home/u' },
      '/home/u/.cache/sallyport/tuf',
    ],
    [
      'macOS',
      { platform: 'darwin', environment: {}, home: '/Users/u' },
      '/Users/u/Library/Caches/sallyport/tuf',
    ],
    [
      'Windows',
      { platform: 'win32', environment: { LOCALAPPDATA: 'C:\\L' }, home: 'C:\\u' },
      'C:\\L\\sallyport\\Cache\\tuf',
    ],
    [
      'Windows without LOCALAPPDATA',
      { platform: 'win32', environment: {}, home: 'C:\\u' },
      'C:\\u\\AppData\\Local\\sallyport\\Cache\\tuf',
    ],
  ])('is in the cache folder of the user on %s', (_, platform, path) => {
    expect(defaultCachePath(platform)).toBe(path)
  })
})
