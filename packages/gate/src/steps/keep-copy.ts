import { formatReference } from '@sallyport/core'
import { copyImage, parseReference, type Repository } from '@sallyport/oci'
import { GateError } from '../errors.ts'
import type { GateContext } from '../promote/gate-context.ts'
import type { Resolution } from '../promote/resolution.ts'
import { repositoryOf } from './judge-source.ts'

/**
 * Where the copy of a stopped image is kept: its digest in the gate's quarantine repository.
 *
 * @throws {GateError} `OPTIONS_INVALID` when that is no repository, or the one that the image was kept out of.
 */
export function copyName(
  { quarantineRepository }: Pick<GateContext, 'quarantineRepository'>,
  { source: { descriptor }, destination }: Pick<Resolution, 'source' | 'destination'>,
): string | undefined {
  if (quarantineRepository === undefined) return undefined
  const { registry, repository } = readRepository(quarantineRepository)
  if (repositoryOf(destination).toLowerCase() === `${registry}/${repository}`.toLowerCase()) {
    throw new GateError(
      'OPTIONS_INVALID',
      `${quarantineRepository}: what is stopped on its way to ${destination} can't be kept there; name another quarantine repository`,
      { step: 'resolve' },
    )
  }
  return formatReference({ registry, repository, digest: descriptor.digest })
}

/**
 * Copies a stopped image as it is, so that a person can look at it whatever becomes of its source. It gets a tag named
 * after the record, which keeps it from being collected, and no evidence: nothing vouches for it.
 */
export async function keepCopy(
  { quarantineRepository, repository }: GateContext,
  source: Repository,
  { source: { descriptor } }: Pick<Resolution, 'source'>,
  { id, signal }: { readonly id: string; readonly signal?: AbortSignal | undefined },
): Promise<void> {
  if (quarantineRepository === undefined) return
  const target = repository(readRepository(quarantineRepository))
  await copyImage(source, target, descriptor, { signal })
  await target.putManifest(await source.getManifest(descriptor.digest, { signal }), {
    tag: `quarantine-${id}`,
    signal,
  })
}

function readRepository(text: string) {
  const { registry, repository, tag, digest } = parseReference(text)
  if (tag === undefined && digest === undefined) return { registry, repository }
  throw new GateError('OPTIONS_INVALID', `${text}: the quarantine repository has neither tag nor digest`)
}
