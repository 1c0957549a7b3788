import { loadYaml } from '../internal/load-libraries.ts'
import type { Waiver, WaiverFile } from './waiver.ts'
import type { WaiverDocument, WaiverInput } from './waiver.schema.ts'

/**
 * Writes waivers as the YAML that `parseWaivers` reads, with `expires` as it was written and always the same bytes for
 * the same waivers.
 */
export function formatWaivers({ waivers }: Pick<WaiverFile, 'waivers'>): string {
  const document: WaiverDocument = { version: 1, waivers: waivers.map(toEntry) }
  return loadYaml().stringify(document, { lineWidth: 0, keepUndefined: false, aliasDuplicateObjects: false })
}

function toEntry({ scope, granted, ...waiver }: Waiver): WaiverInput {
  return {
    id: waiver.id,
    vulnerability: waiver.vulnerability,
    scope: {
      package: scope.package,
      versions: scope.versions,
      sourcePackage: scope.sourcePackage,
      digest: scope.digest,
      repository: scope.repository,
    },
    tiers: waiver.tiers && [...waiver.tiers],
    reason: waiver.reason,
    owner: waiver.owner,
    approver: waiver.approver,
    ticket: waiver.ticket,
    expires: waiver.expiresText,
    until: waiver.until,
    granted: granted && {
      at: granted.at,
      severity: granted.severity,
      fix: granted.fix,
      kev: granted.kev,
    },
  }
}
