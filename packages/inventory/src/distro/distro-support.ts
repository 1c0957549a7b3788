import type { Distro, DistroSupport } from '../inventory.ts'
import { supportTables } from './support-tables.ts'

/** Distributions without releases: what they have now is repaired. */
const rolling: ReadonlySet<string> = new Set([
  'chainguard',
  'hummingbird',
  'minimos',
  'opensuse-tumbleweed',
  'secureos',
  'wolfi',
])

/**
 * Whether security updates may still come: `extended` when only for those who take part in an extension such as LTS or
 * ESM, `unknown` when no table knows the release.
 */
export type DistroSupportState = 'supported' | 'extended' | 'ended' | 'rolling' | 'unknown'

/** Until when a release of a distribution gets security updates; `undefined` for a rolling or unknown one. */
export function distroSupport(
  distro: Pick<Distro, 'id' | 'versionId' | 'prettyName'>,
): DistroSupport | undefined {
  const id = isCentosStream(distro) ? 'centos-stream' : distro.id
  const table = supportTables.find((one) => one.id === id)
  if (!table || distro.versionId === undefined) return undefined
  const release = distro.versionId.split('.').slice(0, table.precision).join('.')
  const row = [distro.versionId, release]
    .map((version) => table.releases.find(([name]) => name === version))
    .find((found) => found !== undefined)
  if (!row) return undefined
  const [, endsOn, extendedEndsOn] = row
  return { endsOn, extendedEndsOn, source: table.source }
}

/** Judges a distribution's support at a time; the last day, by UTC, is still supported. */
export function distroSupportState(
  distro: Pick<Distro, 'id' | 'versionId' | 'prettyName' | 'support'>,
  now: Date,
): DistroSupportState {
  const support = distro.support ?? distroSupport(distro)
  if (!support) return rolling.has(distro.id) ? 'rolling' : 'unknown'
  const today = now.toISOString().slice(0, 10)
  if (today <= support.endsOn) return 'supported'
  return support.extendedEndsOn !== undefined && today <= support.extendedEndsOn ? 'extended' : 'ended'
}

/** CentOS Linux and CentOS Stream share `ID`; from release 9 on there is only the latter. */
function isCentosStream({
  id,
  versionId,
  prettyName,
}: Pick<Distro, 'id' | 'versionId' | 'prettyName'>): boolean {
  return (
    id === 'centos' &&
    (prettyName?.startsWith('CentOS Stream') === true || Number.parseInt(versionId ?? '', 10) >= 9)
  )
}
