import { type Digest, digestOf, formatPlatform } from '@sallyport/core'
import { formatWaivers, parseInstant, parseWaivers, type WaiverFile } from '@sallyport/policy'
import { vulnerabilitiesOf } from '@sallyport/scan'
import { GateError } from '../errors.ts'
import { loadPackageUrl } from '../internal/load-package-url.ts'
import type { QuarantineApproval, QuarantinedFinding, QuarantineRecord } from '../ports/quarantine-store.ts'
import { findObstacles } from './find-obstacles.ts'

/** Media type of a file of waivers in a signed envelope. */
export const waiversPayloadType = 'application/vnd.sallyport.waivers.v1+yaml'

/** Waivers that an approval grants. */
export interface GrantedWaivers {
  readonly text: string
  readonly digest: Digest
  /** ISO 8601 instant, exclusive. */
  readonly expires: string
}

type Waiver = WaiverFile['waivers'][number]

/** Where the waivers of a record are kept, as decisions name it. */
export function waiverSource(id: string): string {
  return `quarantine:${id}`
}

/**
 * The waivers that let a record's image through, as the text of a waiver file: one for each finding that stopped it, and
 * for each CVE of one that several were joined into, for exactly the version that was found.
 *
 * @throws {GateError} `NOT_WAIVABLE` when something else stopped it too, so that waivers would not help.
 * @throws {GateError} `OPTIONS_INVALID` for an approval that names nobody, gives no reason, or lasts too long.
 */
export function grantWaivers(
  record: QuarantineRecord,
  approval: Omit<QuarantineApproval, 'signer'>,
  now: Date,
): GrantedWaivers {
  const { id, decision } = record
  const obstacles = findObstacles(decision)
  if (obstacles.length > 0) {
    throw new GateError(
      'NOT_WAIVABLE',
      `${id} can't be approved, waivers are for findings: ${obstacles.join('; ')}: mend this and promote again`,
    )
  }
  const { expires, expiresText } = checkApproval(record, approval, now)
  const waivers = record.findings.flatMap((finding) =>
    scopesOf(record, finding, approval.scope).flatMap((scope) =>
      vulnerabilitiesOf(finding).map((vulnerability) => ({ finding, vulnerability, scope })),
    ),
  )
  if (waivers.length === 0) throw new GateError('NOT_WAIVABLE', `${id} names no finding that stopped it`)
  const text = formatWaivers({
    waivers: waivers.map(({ finding, vulnerability, scope }, position): Waiver => ({
      id: `quarantine-${id}-${position + 1}`,
      vulnerability,
      scope,
      tiers: [record.tier],
      reason: approval.reason.trim(),
      owner: approval.approver.trim(),
      approver: approval.approver.trim(),
      expires,
      expiresText,
      granted: {
        at: now.toISOString(),
        severity: finding.severity,
        fix: finding.fix.state,
        kev: finding.kev,
      },
    })),
  })
  try {
    parseWaivers(text, { source: waiverSource(id) })
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause)
    throw new GateError('NOT_WAIVABLE', `${id}: no waiver can be written for what stopped it: ${message}`, {
      cause,
    })
  }
  return { text, digest: digestOf(text), expires }
}

function checkApproval(
  { id, tier }: QuarantineRecord,
  { approver, reason, expires: expiresText, terms }: Omit<QuarantineApproval, 'signer'>,
  now: Date,
): { readonly expires: string; readonly expiresText: string } {
  const invalid = (message: string): GateError =>
    new GateError('OPTIONS_INVALID', `approval of ${id}: ${message}`)
  if (approver.trim() === '') throw invalid('name who answers for it')
  if (reason.trim().length < 10) throw invalid('give a reason of at least 10 characters')
  if (terms?.allowed === false) throw invalid(`tier ${tier} allows no waivers`)
  const end = parseInstant(expiresText, 'end')
  if (end === undefined)
    throw invalid(
      `${JSON.stringify(expiresText.slice(0, 80))} is no date and no ISO 8601 time with a time zone`,
    )
  const lifetimeMs = end - now.getTime()
  if (lifetimeMs <= 0) throw invalid(`${expiresText} has passed`)
  const { maxLifetimeMs } = terms ?? {}
  if (maxLifetimeMs !== undefined && lifetimeMs > maxLifetimeMs) {
    const latest = new Date(now.getTime() + maxLifetimeMs).toISOString()
    throw invalid(`tier ${tier} allows waivers until ${latest} at the latest, not ${expiresText}`)
  }
  return { expires: new Date(end).toISOString(), expiresText }
}

/** One scope for a repository; one for each image that has the finding, else. */
function scopesOf(
  { id, platforms, sourceDigest, destination }: QuarantineRecord,
  { id: vulnerability, purl, platforms: names }: QuarantinedFinding,
  scope: QuarantineApproval['scope'] = 'digest',
): readonly Waiver['scope'][] {
  const name = versionPurl(purl)
  if (name === undefined) {
    throw new GateError(
      'NOT_WAIVABLE',
      `${id}: ${vulnerability} is in ${JSON.stringify(purl.slice(0, 200))}, which names no version of a package: mend it and promote again`,
    )
  }
  if (scope === 'repository') {
    const repository = destination.slice(0, destination.lastIndexOf(':'))
    return [{ package: name, repository }]
  }
  const found = platforms.filter(({ platform }) => names.includes(formatPlatform(platform)))
  const digests = found.length > 0 ? found.map(({ before }) => before.digest) : [sourceDigest]
  return [...new Set(digests)].map((digest) => ({ package: name, digest }))
}

/** Package, version and distribution of a purl: what it is, on every architecture. */
function versionPurl(purl: string): string | undefined {
  const { PackageURL } = loadPackageUrl()
  try {
    const { type, namespace, name, version, qualifiers } = PackageURL.fromString(purl)
    if (!version) return undefined
    const distro = qualifiers?.['distro']
    return new PackageURL(
      type,
      namespace,
      name,
      version,
      distro ? { distro } : undefined,
      undefined,
    ).toString()
  } catch {
    return undefined
  }
}
