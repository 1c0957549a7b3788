import { PackageURL } from 'packageurl-js'
import type { Finding } from '../finding.ts'

/** A finding about the package that a purl names, for tests. */
export function findingOf(id: string, purl: string, rest: Partial<Finding> = {}): Finding {
  const { type, namespace, name, version } = PackageURL.fromString(purl)
  const isSystem = type === 'deb' || type === 'apk' || type === 'rpm'
  return {
    id,
    aliases: [],
    package: {
      purl,
      type: type ?? '',
      name: namespace && !isSystem ? `${namespace}/${name}` : (name ?? ''),
      version: version ?? '',
    },
    severity: 'high',
    ratings: [],
    fix: { state: 'unknown', versions: [] },
    scanners: ['a'],
    ...rest,
  }
}
