/** Media types and annotations of signatures and attestations, as cosign and Sigstore write them. */
export const wireFormat = {
  bundle: 'application/vnd.dev.sigstore.bundle.v0.3+json',
  bundlePrefix: 'application/vnd.dev.sigstore.bundle',
  envelope: 'application/vnd.dsse.envelope.v1+json',
  simpleSigning: 'application/vnd.dev.cosign.simplesigning.v1+json',
  /** Types of cosign's experimental referrers (`--registry-referrers-mode`), and of those of its attestations. */
  artifacts: [
    'application/vnd.dev.cosign.artifact.sig.v1+json',
    'application/vnd.dev.cosign.artifact.att.v1+json',
    'application/vnd.in-toto+json',
  ],
  annotations: {
    created: 'org.opencontainers.image.created',
    bundleContent: 'dev.sigstore.bundle.content',
    bundlePredicateType: 'dev.sigstore.bundle.predicateType',
    signature: 'dev.cosignproject.cosign/signature',
    predicateType: 'predicateType',
    certificate: 'dev.sigstore.cosign/certificate',
    chain: 'dev.sigstore.cosign/chain',
    logEntry: 'dev.sigstore.cosign/bundle',
    timestamp: 'dev.sigstore.cosign/rfc3161timestamp',
  },
} as const

/** Most layers of one `.sig` or `.att` manifest that readers look at. */
export const maxLegacyLayers = 1000

/** Largest manifest that registries take (OCI distribution specification 1.1, "Pushing Manifests"). */
export const maxLegacyManifestBytes = 4 * 1024 * 1024

/** Whether a layer has its signature in it. Such bytes were never there before; what is only signed beside it may well be. */
export const isSigned = (mediaType: string): boolean => mediaType === wireFormat.envelope
