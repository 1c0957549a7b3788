import { cosignCustom } from './cosign-custom.ts'
import { cosignVuln } from './cosign-vuln.ts'
import { cyclonedx } from './cyclonedx.ts'
import { fileManifest } from './file-manifest.ts'
import { link } from './link.ts'
import { openvex } from './openvex.ts'
import { provenanceV02 } from './provenance-v02.ts'
import { provenance } from './provenance.ts'
import { reference } from './reference.ts'
import { release } from './release.ts'
import { runtimeTrace } from './runtime-trace.ts'
import { scai } from './scai.ts'
import { spdx } from './spdx.ts'
import { svr } from './svr.ts'
import { testResult } from './test-result.ts'
import { vsa } from './vsa.ts'
import { vulns } from './vulns.ts'

/** Predicates that are read, and, where they have `build`, written. */
export const predicateKinds = {
  cosignCustom,
  cosignVuln,
  cyclonedx,
  fileManifest,
  link,
  openvex,
  provenance,
  provenanceV02,
  reference,
  release,
  runtimeTrace,
  scai,
  spdx,
  svr,
  testResult,
  vsa,
  vulns,
} as const
