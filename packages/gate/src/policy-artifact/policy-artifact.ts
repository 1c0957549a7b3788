import { type Descriptor, digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import * as z from 'zod'

/** What a policy artifact holds: the rules, or the exceptions to them. */
export type PolicyDocumentKind = 'policy' | 'waivers'

/** Media types of policy documents; that of the artifact is that of its one layer. */
export const policyArtifactTypes: Readonly<Record<PolicyDocumentKind, string>> = {
  policy: 'application/vnd.sallyport.policy.v1+yaml',
  waivers: 'application/vnd.sallyport.waivers.v1+yaml',
}

/** Largest document, in bytes: what `parsePolicy` reads at most. */
export const maxDocumentBytes: number = 1024 * 1024

const titles: Readonly<Record<PolicyDocumentKind, string>> = {
  policy: 'policy.yaml',
  waivers: 'waivers.yaml',
}
const emptyConfig = Buffer.from('{}')

/** A document as an OCI artifact: an image manifest with the document as its one layer, as it is. */
export interface PackedPolicyDocument {
  readonly manifest: RawManifest
  readonly blobs: readonly { readonly descriptor: Descriptor; readonly bytes: Uint8Array }[]
}

/** Packs a document. The same text gives the same manifest. */
export function packPolicyDocument(kind: PolicyDocumentKind, text: string): PackedPolicyDocument {
  const bytes = Buffer.from(text)
  const layer: Descriptor = {
    mediaType: policyArtifactTypes[kind],
    digest: digestOf(bytes),
    size: bytes.byteLength,
    annotations: { 'org.opencontainers.image.title': titles[kind] },
  }
  const config: Descriptor = {
    mediaType: mediaTypes.ociEmpty,
    digest: digestOf(emptyConfig),
    size: emptyConfig.byteLength,
  }
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType: policyArtifactTypes[kind],
      config,
      layers: [layer],
    }),
  )
  const digest = digestOf(manifest)
  return {
    manifest: {
      descriptor: { mediaType: mediaTypes.ociManifest, digest, size: manifest.byteLength },
      bytes: manifest,
    },
    blobs: [
      { descriptor: layer, bytes },
      { descriptor: config, bytes: emptyConfig },
    ],
  }
}

const manifestSchema = z.object({
  artifactType: z.string(),
  layers: z.tuple([
    z.object({
      mediaType: z.string(),
      digest: z.string(),
      size: z.int().min(1).max(maxDocumentBytes),
    }),
  ]),
})

/** The layer that holds the document; `undefined` when the manifest is none of a document of this kind. */
export function findDocument(kind: PolicyDocumentKind, { bytes }: RawManifest): Descriptor | undefined {
  const type = policyArtifactTypes[kind]
  const { data } = manifestSchema.safeParse(JSON.parse(Buffer.from(bytes).toString('utf8')))
  const layer = data?.layers[0]
  if (!layer || data.artifactType !== type || layer.mediaType !== type) return undefined
  return layer as Descriptor
}
