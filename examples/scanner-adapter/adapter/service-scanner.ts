import { digestOf } from '@sallyport/core'
import { type Inventory, type Package } from '@sallyport/inventory'
import { toCycloneDx } from '@sallyport/inventory/sbom'
import { type Finding, ScanError, type ScanGap, type Scanner } from '@sallyport/scan'
import { type Answer, askService } from './ask-service.ts'

const name = 'service'

/** A scanner of one's own: a service that is given an SBOM, and answers with what it knows. */
export function serviceScanner(url: string): Scanner {
  return {
    name,
    async scan({ subject, inventory, platform }, { signal } = {}) {
      signal?.throwIfAborted()
      if (inventory.subject !== subject) {
        throw new ScanError(
          'SUBJECT_MISMATCH',
          `asked for ${subject}, the inventory is of ${inventory.subject}`,
        )
      }
      const startedAt = new Date().toISOString()
      const sbom = toCycloneDx(inventory, {
        name: subject,
        timestamp: new Date(0),
        tool: { name: 'service-scanner', version: '1.0.0' },
      })
      const answer = await askService(url, sbom, signal)
      // What was judged is what was sent, or the answer is about something else.
      if (answer.sbom !== digestOf(sbom)) {
        throw new ScanError('SUBJECT_MISMATCH', `the service answered about ${answer.sbom}`, {
          scanner: name,
        })
      }
      const judged = new Set(answer.judged)
      const seen = inventory.packages.filter(({ purl }) => judged.has(purl))
      const gaps = findGaps(inventory, seen)
      return {
        scanner: { name, version: answer.version },
        subject,
        startedAt,
        finishedAt: new Date().toISOString(),
        data: [{ name: 'service', updatedAt: answer.updatedAt }],
        status: seen.length === 0 ? 'unsupported' : gaps.length === 0 ? 'complete' : 'partial',
        platform,
        packagesSeen: seen.length,
        gaps,
        findings: toFindings(answer, seen),
      }
    },
  }
}

function findGaps({ packages, gaps }: Inventory, seen: readonly Package[]): readonly ScanGap[] {
  const unseen = packages.filter((one) => !seen.includes(one))
  return [
    ...gaps.map(({ message }): ScanGap => ({ code: 'INVENTORY_GAP', message })),
    ...unseen.map(({ purl }): ScanGap => ({
      code: 'NO_ADVISORIES',
      message: `${purl} was not judged`,
      purl,
    })),
    ...(packages.length === 0
      ? [{ code: 'NO_PACKAGES' as const, message: 'the image lists no package' }]
      : []),
  ]
}

function toFindings({ vulnerabilities }: Answer, seen: readonly Package[]): readonly Finding[] {
  return vulnerabilities.map(({ id, purl, severity, fixedIn }) => {
    const found = seen.find((one) => one.purl === purl)
    if (found === undefined) {
      throw new ScanError('REPORT_INVALID', `${id} is in a package that was not judged`, { scanner: name })
    }
    return {
      id,
      aliases: [],
      package: { purl, type: found.type, name: found.name, version: found.version },
      severity,
      ratings: [{ source: name, level: severity }],
      fix: fixedIn === null ? { state: 'not-fixed', versions: [] } : { state: 'fixed', versions: [fixedIn] },
      scanners: [name],
    }
  })
}
