import { type Digest, parseDigest } from '@sallyport/core'
import type { Image } from '@sallyport/image'
import type { BaseFacts } from '@sallyport/policy'

/** An image that others are built on, as its owner knows it. */
export interface KnownBase {
  /** `registry/repository[:tag]`. */
  readonly name: string
  /** Digest of its manifest. */
  readonly digest: Digest
  /** Its layers, uncompressed, the lowest first (`rootfs.diff_ids` of its configuration). */
  readonly diffIds: readonly Digest[]
  /** ISO 8601 time of its creation. */
  readonly created?: string | undefined
}

const nameKey = 'org.opencontainers.image.base.name'
const digestKey = 'org.opencontainers.image.base.digest'

/**
 * The image that an image was built on: by its layers where a known base has the same ones, which can't be claimed
 * falsely; else by what its annotations (OCI image-spec, annotations.md) or labels claim. A claim about a base that is
 * known gets the time of that base.
 */
export function findBase(
  { manifest, config, layers }: Pick<Image, 'manifest' | 'config' | 'layers'>,
  bases: readonly KnownBase[] = [],
): BaseFacts | undefined {
  const [base] = bases
    .filter(
      ({ diffIds }) =>
        diffIds.length > 0 && diffIds.every((diffId, index) => layers[index]?.diffId === diffId),
    )
    .sort((one, other) => other.diffIds.length - one.diffIds.length)
  if (base) return { name: base.name, digest: base.digest, created: base.created, knownBy: 'layers' }
  return (
    claimed(manifest.annotations, 'annotation', bases) ??
    claimed(config.config?.Labels ?? undefined, 'label', bases)
  )
}

function claimed(
  texts: Readonly<Record<string, string>> | undefined,
  knownBy: 'annotation' | 'label',
  bases: readonly KnownBase[],
): BaseFacts | undefined {
  const name = texts?.[nameKey]
  const digest = readDigest(texts?.[digestKey])
  if (name === undefined && digest === undefined) return undefined
  const created = bases.find((base) => base.digest === digest)?.created
  return { name, digest, created, knownBy }
}

function readDigest(text: string | undefined): Digest | undefined {
  try {
    return text === undefined ? undefined : parseDigest(text)
  } catch {
    // What is no digest names nothing.
    return undefined
  }
}
