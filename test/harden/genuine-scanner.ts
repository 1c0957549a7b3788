import { join } from 'node:path'
import { builtinScanner, type Scanner } from '@sallyport/scan'
import { debianRecords, hasRecords, readRecords } from '@sallyport/test-accuracy'
import type { AptMirror } from './apt-mirror.ts'
import { readChangelogs } from './read-changelogs.ts'

/**
 * Sources of packages in our images, each with a package that holds its changelog: the services that the stored records
 * lack, and what is in nearly every image, so that there are findings without these records.
 */
const sources = {
  glibc: 'libc6',
  openssl: 'openssl',
  nginx: 'nginx-common',
  redis: 'redis-server',
  haproxy: 'haproxy',
  memcached: 'memcached',
  'openjdk-17': 'openjdk-17-jre-headless',
  'php8.2': 'php8.2-common',
}

/** A scanner that knows genuine advisories alone: the stored records, and what changelogs in the archive tell. */
export async function genuineScanner(mirror: AptMirror, directory: string): Promise<Scanner> {
  const changelogs = await readChangelogs(mirror, sources, join(directory, 'changelogs'))
  return builtinScanner({
    advisories: hasRecords ? readRecords(undefined, changelogs) : debianRecords(changelogs),
  })
}
