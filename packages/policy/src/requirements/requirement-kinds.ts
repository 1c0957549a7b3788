import type { RuleKind } from '../rules/rule-kind.ts'
import { baseKind, type BaseRule } from './base.ts'
import { configKind, type ConfigRule } from './config.ts'
import { distroKind, type DistroRule } from './distro.ts'
import { evidenceAgeKind, type EvidenceAgeRule } from './evidence-age.ts'
import { labelsKind, type LabelsRule } from './labels.ts'
import { licensesKind, type LicensesRule } from './licenses.ts'
import { misconfigurationsKind, type MisconfigurationsRule } from './misconfigurations.ts'
import { packagesKind, type PackagesRule } from './packages.ts'
import { platformsKind, type PlatformsRule } from './platforms.ts'
import { provenanceKind, type ProvenanceRule } from './provenance.ts'
import { sbomKind, type SbomRule } from './sbom.ts'
import { scannersKind, type ScannersRule } from './scanners.ts'
import { secretsKind, type SecretsRule } from './secrets.ts'
import { signaturesKind, type SignaturesRule } from './signatures.ts'

/** The kinds of requirements, by the key under which they stand in a tier's `requirements`. */
export const requirementKinds: {
  readonly platforms: RuleKind<PlatformsRule>
  readonly signatures: RuleKind<SignaturesRule>
  readonly provenance: RuleKind<ProvenanceRule>
  readonly sbom: RuleKind<SbomRule>
  readonly evidenceAge: RuleKind<EvidenceAgeRule>
  readonly scanners: RuleKind<ScannersRule>
  readonly distro: RuleKind<DistroRule>
  readonly base: RuleKind<BaseRule>
  readonly packages: RuleKind<PackagesRule>
  readonly licenses: RuleKind<LicensesRule>
  readonly secrets: RuleKind<SecretsRule>
  readonly misconfigurations: RuleKind<MisconfigurationsRule>
  readonly config: RuleKind<ConfigRule>
  readonly labels: RuleKind<LabelsRule>
} = {
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
