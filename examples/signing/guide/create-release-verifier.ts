import { createImageVerifier, createVerificationCache, type ImageVerifier } from '@sallyport/attest'

/** Verifies images of one place, one after another: keys are read once, and signatures remembered. */
export function createReleaseVerifier(releaseKey: string): ImageVerifier {
  return createImageVerifier({
    requirements: [
      { kind: 'signature', by: { keys: [releaseKey] } },
      { kind: 'sbom', by: { keys: [releaseKey] }, formats: ['cyclonedx'] },
      {
        kind: 'vsa',
        verifiers: [{ id: 'https://gate.example/prod', by: { keys: [releaseKey] } }],
        resourceUri: 'pkg:oci/app?repository_url=prod.example%2Fteam%2Fapp',
        minimumLevels: ['SLSA_BUILD_LEVEL_2'],
        maxAgeMs: 7 * 24 * 3_600_000,
      },
    ],
    cache: createVerificationCache(),
  })
}
