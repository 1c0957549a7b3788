import { posix, win32 } from 'node:path'
import type { Environment } from '@sallyport/oci'

/** What the user's cache folder depends on. */
export interface CachePathPlatform {
  readonly platform: NodeJS.Platform
  readonly environment: Environment
  readonly home: string
}

/**
 * Where metadata of repositories is kept unless told otherwise: in the user's cache folder, on Linux and the like by the
 * XDG Base Directory Specification.
 */
export function defaultCachePath({ platform, environment, home }: CachePathPlatform): string {
  if (platform === 'win32') {
    const local = environment['LOCALAPPDATA']
    return win32.join(local || win32.join(home, 'AppData', 'Local'), 'sallyport', 'Cache', 'tuf')
  }
  if (platform === 'darwin') return posix.join(home, 'Library', 'Caches', 'sallyport', 'tuf')
  const caches = environment['XDG_CACHE_HOME'] ?? ''
  // The specification has relative paths ignored.
  return posix.join(posix.isAbsolute(caches) ? caches : posix.join(home, '.cache'), 'sallyport', 'tuf')
}
