import { coverageKind } from './coverage.ts'
import { dataAgeKind, type DataAgeRule } from './data-age.ts'
import { distroKind } from './distro.ts'
import { dropKind, type DropRule } from './drop.ts'
import { packagesKind, type PackagesRule } from './packages.ts'
import { platformsKind } from './platforms.ts'
import type { RuleWithoutFields } from './rule-without-fields.ts'
import { scanKind } from './scan.ts'
import { subjectKind } from './subject.ts'
import { vanishedKind } from './vanished.ts'
import type { RuleKind } from '../rules/rule-kind.ts'

/** The preconditions that a document may set, by name. */
export interface PreconditionKinds {
  readonly subject: RuleKind<RuleWithoutFields>
  readonly scan: RuleKind<RuleWithoutFields>
  readonly platforms: RuleKind<RuleWithoutFields>
  readonly coverage: RuleKind<RuleWithoutFields>
  readonly distro: RuleKind<RuleWithoutFields>
  readonly packages: RuleKind<PackagesRule>
  readonly dataAge: RuleKind<DataAgeRule>
  readonly vanished: RuleKind<RuleWithoutFields>
  readonly drop: RuleKind<DropRule>
}

/**
 * What must be so before findings mean anything; each is on by default, enforced, with the rule that its schema makes of
 * `{}`, in this order.
 */
export const preconditionKinds: PreconditionKinds = {
  subject: subjectKind,
  scan: scanKind,
  platforms: platformsKind,
  coverage: coverageKind,
  distro: distroKind,
  packages: packagesKind,
  dataAge: dataAgeKind,
  vanished: vanishedKind,
  drop: dropKind,
}
