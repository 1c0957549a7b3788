import { type Digest, formatPlatform, isIndexMediaType } from '@sallyport/core'
import type { AuditRecord, Deployment } from '../audit-record.ts'
import { type ImageReference, readImageId, readImageReference } from './read-image-id.ts'
import type { ReportedImage } from './reported-image.ts'

/** Most manifests that are remembered for one configuration; only who makes them by hand has more. */
const maxManifestsOfConfig = 1000

/** A reported image, prepared to be looked for. */
interface Sought {
  readonly report: ReportedImage
  readonly named: ImageReference | undefined
  /** Repositories that it is reported from. */
  readonly names: readonly string[]
  readonly digests: readonly Digest[]
  /** Whether a record has been found for it. */
  isFound: boolean
  /** Whether it was found in a repository that it is reported from: others with the same digest are none of its places. */
  isAtHome: boolean
}

/** Finds what runs among records. Show it all records, then ask it about each of them. */
export interface DeploymentMatcher {
  /** Shows it a record. */
  note(record: AuditRecord): void
  /** Where a record's image runs, once all have been shown. */
  deploymentsOf(record: AuditRecord): readonly Deployment[]
  /** What no judged record was found for. */
  unmatched(): readonly ReportedImage[]
}

/** Makes a matcher. It remembers of the records only what reports lead to. */
export function createDeploymentMatcher(reports: readonly ReportedImage[]): DeploymentMatcher {
  const all = reports.map(toSought)
  const byDigest = groupBy(all, ({ digests }) => digests)
  const byTag = groupBy(all, ({ named, digests }) =>
    digests.length === 0 && named ? [`${named.name}:${named.tag}`] : [],
  )
  /** Configurations that were reported, by the manifests that have them. */
  const configs = new Map<Digest, Set<Digest>>()
  const manifestsOfConfig = new Map<Digest, number>()
  /** Reports that lead to a record by its tag, by `repository@digest`. */
  const tagged = new Map<string, readonly Sought[]>()

  return {
    note(record) {
      // What is not judged should not run; it is no place where what runs is known.
      if (record.class === undefined) return
      const name = nameOf(record)
      for (const digest of [record.digest, record.config]) {
        for (const sought of (digest && byDigest.get(digest)) ?? []) {
          sought.isFound = true
          if (sought.names.includes(name)) sought.isAtHome = true
        }
      }
      const { config } = record
      if (record.digest && config && byDigest.has(config)) {
        const count = manifestsOfConfig.get(config) ?? 0
        if (count < maxManifestsOfConfig) {
          manifestsOfConfig.set(config, count + 1)
          configs.set(record.digest, (configs.get(record.digest) ?? new Set()).add(config))
        }
      }
      const byItsTags = record.tags.flatMap((tag) => byTag.get(`${name}:${tag}`) ?? [])
      for (const sought of byItsTags) sought.isFound = true
      if (byItsTags.length > 0) tagged.set(keyOf(record), byItsTags)
    },

    deploymentsOf(record) {
      const name = nameOf(record)
      const found = new Map<string, Deployment>()
      const add = (reported: readonly Sought[] | undefined, matchedBy: Deployment['matchedBy']): void => {
        for (const sought of reported ?? []) {
          if (sought.isAtHome && !sought.names.includes(name)) continue
          // What is reported by the digest of this very image runs, whatever else is said of the node.
          const isItself = matchedBy === 'manifest' && sought.digests.includes(record.digest!)
          if (!isItself && runsOtherPlatform(record, sought.report)) continue
          const deployment = toDeployment(sought, name, matchedBy)
          const key = JSON.stringify([
            deployment.cluster,
            deployment.namespace,
            deployment.workload,
            deployment.container,
          ])
          if (!found.has(key)) found.set(key, deployment)
        }
      }
      if (record.digest) add(byDigest.get(record.digest), isIndex(record) ? 'index' : 'manifest')
      if (record.config) add(byDigest.get(record.config), 'config')
      for (const child of record.children ?? []) {
        add(byDigest.get(child), 'manifest')
        for (const config of configs.get(child) ?? []) add(byDigest.get(config), 'config')
      }
      // Of evidence, it is the subject.
      const parents = record.role === 'platform' ? (record.parents ?? []) : []
      for (const parent of parents) add(byDigest.get(parent), 'index')
      add(tagged.get(keyOf(record)), 'tag')
      for (const parent of parents) add(tagged.get(`${name}@${parent}`), 'tag')
      return [...found.values()]
    },

    unmatched: () => all.filter(({ isFound }) => !isFound).map(({ report }) => report),
  }
}

function toSought(report: ReportedImage): Sought {
  const { digest, reference = '', pulledFrom } = report
  const named = readImageReference(reference)
  // Some runtimes give the digest as the name.
  const digests = [digest, named?.digest ?? readImageId(reference).digest]
  return {
    report,
    named,
    names: [...new Set([pulledFrom, named?.name].filter((name) => name !== undefined))],
    digests: [...new Set(digests.filter((each) => each !== undefined))],
    isFound: false,
    isAtHome: false,
  }
}

function toDeployment(
  { report, names }: Sought,
  name: string,
  matchedBy: Deployment['matchedBy'],
): Deployment {
  const { cluster, namespace, workload, container } = report
  const elsewhere = names.includes(name) ? undefined : names[0]
  return { cluster, namespace, workload, container, matchedBy, ...(elsewhere && { reportedAs: elsewhere }) }
}

/** Whether the node is known to run another platform of the same index. */
function runsOtherPlatform({ role, platform }: AuditRecord, report: ReportedImage): boolean {
  if (role !== 'platform' || !platform || report.platform === undefined) return false
  const own = formatPlatform(platform)
  // Nodes do not tell the variant.
  return (
    own !== report.platform &&
    !own.startsWith(`${report.platform}/`) &&
    !report.platform.startsWith(`${own}/`)
  )
}

const nameOf = ({ registry, repository }: AuditRecord): string => `${registry}/${repository}`

/** Tags whose digest is not known stand for themselves. */
const keyOf = (record: AuditRecord): string =>
  record.digest ? `${nameOf(record)}@${record.digest}` : `${nameOf(record)}:${record.tags.join()}`

const isIndex = ({ role, mediaType }: AuditRecord): boolean =>
  role === 'index' || (mediaType !== undefined && isIndexMediaType(mediaType))

function groupBy<K>(all: readonly Sought[], keysOf: (sought: Sought) => readonly K[]): Map<K, Sought[]> {
  const groups = new Map<K, Sought[]>()
  for (const sought of all) {
    for (const key of keysOf(sought)) {
      const group = groups.get(key)
      if (group) group.push(sought)
      else groups.set(key, [sought])
    }
  }
  return groups
}
