import type { Inventory, Package } from '@sallyport/inventory'
import type { FindingPatch, PackagePatch, PatchReport } from './patch-report.ts'
import { type FixableFinding, isFixedBy, type PatchRequest } from './patch-request.ts'
import type { LastSeen } from './patch-source.ts'
import type { PatchOutcome, PreparedPatches } from './prepared-patches.ts'

/** What a report is made of. */
export interface PatchReportInput extends Pick<PatchReport, 'invariants' | 'unchangedBecause'> {
  readonly inventory: Inventory
  readonly request: PatchRequest
  readonly prepared: readonly PreparedPatches[]
  readonly lastSeen: LastSeen
}

/** Tells what became of each package that was asked for, and of each finding. */
export function toPatchReport({
  inventory,
  request,
  prepared,
  lastSeen,
  invariants,
  unchangedBecause,
}: PatchReportInput): PatchReport {
  const outcomes = new Map(prepared.flatMap((one) => [...one.outcomes]))
  return {
    packages: inventory.packages.flatMap((found) => {
      const outcome = outcomes.get(found)
      const isTold = request.concerns(found) || outcome?.state === 'patched'
      return isTold ? [describePackage(found, outcome, request)] : []
    }),
    findings: request.findings.map((finding) => describeFinding(finding, outcomes.get(finding.found))),
    sources: prepared.flatMap(({ sources }) => sources),
    lastSeen: Object.assign({}, lastSeen, ...prepared.map(({ seen }) => seen)),
    invariants,
    unchangedBecause,
  }
}

function describePackage(
  found: Package,
  outcome: PatchOutcome | undefined,
  request: PatchRequest,
): PackagePatch {
  const { purl, name, version } = found
  const base = { purl, name, version }
  if (!outcome) {
    if (!isSupported(found)) return { ...base, state: 'not-supported', reason: unsupported(found) }
    const isAnnounced = request.findings.some((finding) => finding.found === found)
    return { ...base, state: isAnnounced ? 'fix-announced-not-in-mirror' : 'up-to-date' }
  }
  switch (outcome.state) {
    case 'patched': {
      const { version: available, keptConffiles, leftOut } = outcome
      return {
        ...base,
        state: 'patched',
        available,
        keptConffiles: keptConffiles.length > 0 ? keptConffiles : undefined,
        leftOut: leftOut.length > 0 ? leftOut : undefined,
      }
    }
    case 'refused':
      return { ...base, state: 'refused', available: outcome.version, reason: outcome.reason }
    case 'available':
      return { ...base, state: 'fix-announced-not-in-mirror', available: outcome.version }
    case 'not-supported':
      return { ...base, state: 'not-supported', reason: outcome.reason }
  }
}

function describeFinding(finding: FixableFinding, outcome: PatchOutcome | undefined): FindingPatch {
  const { id, found, fixedIn } = finding
  const base = { id, purl: found.purl, fixedIn }
  if (!outcome)
    return isSupported(found)
      ? { ...base, state: 'fix-announced-not-in-mirror' }
      : { ...base, state: 'not-supported', reason: unsupported(found) }
  if (outcome.state === 'not-supported') return { ...base, state: 'not-supported', reason: outcome.reason }
  if (!isFixedBy(finding, outcome))
    return {
      ...base,
      state: 'fix-announced-not-in-mirror',
      reason: `the newest version there is ${outcome.version}`,
    }
  if (outcome.state === 'patched') return { ...base, state: 'patched' }
  return { ...base, state: 'refused', reason: outcome.state === 'refused' ? outcome.reason : undefined }
}

const isSupported = ({ type }: Package) => type === 'deb' || type === 'apk'

function unsupported({ type }: Package): string {
  return type === 'rpm'
    ? 'packages of rpm can not be upgraded yet: that needs a new header in their database'
    : `packages of type ${type} can not be upgraded in an image: only those of a distribution`
}
