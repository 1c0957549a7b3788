import type { Digest } from '@sallyport/core'
import { predicateKinds } from '../predicates/predicate-kinds.ts'
import type { VsaParts } from '../predicates/vsa.ts'
import type { ProvenanceParts } from '../predicates/provenance.ts'
import { generateSigningKey } from '../signing/generate-signing-key.ts'
import { keySigner } from '../signing/key-signer.ts'
import { createStatement, predicateTypes, type Statement } from '../statement/statement.ts'

/** A signer with the text of its public key. */
export type TestSigner = ReturnType<typeof keySigner>

/** A new key. */
export function createTestSigner(): TestSigner {
  return keySigner(generateSigningKey().privateKey)
}

/** A passed verification summary; what is given replaces what is usual. */
export function summaryOf(digest: Digest, parts: Partial<VsaParts> = {}): Statement {
  return createStatement(
    [{ digest }],
    predicateTypes.vsa,
    predicateKinds.vsa.build({
      verifier: { id: 'https://gate.example/prod' },
      timeVerified: new Date('2026-01-02T03:00:00Z'),
      resourceUri: 'pkg:oci/app?repository_url=prod.example/team/app',
      policy: { uri: 'gate.yaml', digest: `sha256:${'1'.repeat(64)}` },
      result: 'PASSED',
      verifiedLevels: ['SLSA_BUILD_LEVEL_2', 'GATE_PROD'],
      ...parts,
    }),
  )
}

/** A provenance of a build; what is given replaces what is usual. */
export function provenanceOf(digest: Digest, parts: Partial<ProvenanceParts> = {}): Statement {
  return createStatement(
    [{ digest }],
    predicateTypes.provenance,
    predicateKinds.provenance.build({
      buildType: 'https://actions.github.io/buildtypes/workflow/v1',
      externalParameters: {
        workflow: { ref: 'refs/heads/main', repository: 'https://github.com/team/app', path: 'build.yml' },
      },
      resolvedDependencies: [{ uri: 'git+https://github.com/team/app@refs/heads/main' }],
      builder: { id: 'https://builder.example/v1' },
      ...parts,
    }),
  )
}

/** A CycloneDX SBOM that says which image it is of. */
export function sbomOf(
  digest: Digest,
  { describes = digest, purls = ['pkg:deb/debian/bash@5.2'] } = {},
): Statement {
  return createStatement([{ digest }], predicateTypes.cyclonedx, {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: { component: { type: 'container', name: 'app', version: describes } },
    components: purls.map((purl) => ({ type: 'library', name: purl, purl })),
  })
}
