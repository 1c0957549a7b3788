import type { AnyRuleKind } from '../document/policy-kinds.ts'
import { baseKind } from './base.ts'
import { configKind } from './config.ts'
import { distroKind } from './distro.ts'
import { evidenceAgeKind } from './evidence-age.ts'
import { labelsKind } from './labels.ts'
import { licensesKind } from './licenses.ts'
import { misconfigurationsKind } from './misconfigurations.ts'
import { packagesKind } from './packages.ts'
import { platformsKind } from './platforms.ts'
import { provenanceKind } from './provenance.ts'
import { sbomKind } from './sbom.ts'
import { scannersKind } from './scanners.ts'
import { secretsKind } from './secrets.ts'
import { signaturesKind } from './signatures.ts'

/** The kinds of requirements, by the key under which they stand in a tier's `requirements`. */
export const requirementKinds: Readonly<
  Record<
    | 'platforms'
    | 'signatures'
    | 'provenance'
    | 'sbom'
    | 'evidenceAge'
    | 'scanners'
    | 'distro'
    | 'base'
    | 'packages'
    | 'licenses'
    | 'secrets'
    | 'misconfigurations'
    | 'config'
    | 'labels',
    AnyRuleKind
  >
> = {
  platforms: platformsKind,
  signatures: signaturesKind,
  provenance: provenanceKind,
  sbom: sbomKind,
  evidenceAge: evidenceAgeKind,
  scanners: scannersKind,
  distro: distroKind,
  base: baseKind,
  packages: packagesKind,
  licenses: licensesKind,
  secrets: secretsKind,
  misconfigurations: misconfigurationsKind,
  config: configKind,
  labels: labelsKind,
}
