import { predicateTypes } from '../statement/statement.ts'

/**
 * What `--type` of `cosign attest` and `cosign verify-attestation` stands for. Other types are given to cosign by their
 * URI.
 */
export const cosignTypes = {
  custom: predicateTypes.cosignCustom,
  slsaprovenance: predicateTypes.provenanceV02,
  slsaprovenance02: predicateTypes.provenanceV02,
  slsaprovenance1: predicateTypes.provenance,
  spdx: predicateTypes.spdx,
  spdxjson: predicateTypes.spdx,
  cyclonedx: predicateTypes.cyclonedx,
  link: predicateTypes.link,
  vuln: predicateTypes.cosignVuln,
  openvex: predicateTypes.openvex,
} as const
