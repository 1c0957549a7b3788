import type { HardenDocument } from './harden-document.schema.ts'

/** Build type of the provenance of a hardening. */
export const hardeningBuildType = 'https://sallyport.dev/build-types/hardening/v1'

/** What {@link provenanceOfHardening} adds to the document. */
export interface ProvenanceOfHardeningInput {
  /** Where the image before came from, e.g. `registry.example/app@sha256:…`. */
  readonly source: string
  /** Platform of the image, e.g. `linux/amd64`. */
  readonly platform: string
  /** Who ran it, as a URI, and in which versions. */
  readonly builder: { readonly id: string; readonly version?: Readonly<Record<string, string>> | undefined }
  /** When it was done. */
  readonly finishedOn: Date
}

/** The SLSA provenance v1 predicate of a hardening: a build whose material is the image before. */
export function provenanceOfHardening(
  document: HardenDocument,
  { source, platform, builder, finishedOn }: ProvenanceOfHardeningInput,
): Readonly<Record<string, unknown>> {
  const [algorithm = 'sha256', hex] = document.image.before.split(':')
  return {
    buildDefinition: {
      buildType: hardeningBuildType,
      externalParameters: { source, mode: document.mode, platform },
      internalParameters: {},
      resolvedDependencies: [{ uri: `oci://${source}`, digest: { [algorithm]: hex } }],
    },
    runDetails: {
      builder: { id: builder.id, ...(builder.version && { version: builder.version }) },
      metadata: { finishedOn: finishedOn.toISOString() },
      byproducts: [
        {
          name: 'hardening-report',
          content: Buffer.from(JSON.stringify(document)).toString('base64'),
          mediaType: 'application/json',
        },
      ],
    },
  }
}
