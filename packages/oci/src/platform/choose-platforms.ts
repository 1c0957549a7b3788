import { type Descriptor, formatPlatform, type Platform } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { matchPlatform } from './match-platform.ts'

/** Options of {@link choosePlatforms}. */
export interface ChoosePlatformsOptions {
  /** Also entries that BuildKit marks as documents about a chosen image. Default `false`. */
  readonly withDocuments?: boolean | undefined
}

/** Annotation by which BuildKit says which image of the index an attestation in it is about. */
const documentedDigest = 'vnd.docker.reference.digest'

/**
 * The entries of an index for the wanted platforms, compared after normalisation.
 *
 * @param name Of the index, for the message.
 * @throws {OciError} `MANIFEST_NOT_FOUND` when there is none for one of them.
 */
export function choosePlatforms(
  name: string,
  entries: readonly Descriptor[],
  wanted: readonly Platform[],
  { withDocuments = false }: ChoosePlatformsOptions = {},
): readonly Descriptor[] {
  const fits = (want: Platform, { platform }: Descriptor): boolean =>
    platform !== undefined && matchPlatform(want, platform, 'strict')
  for (const want of wanted) {
    if (entries.some((entry) => fits(want, entry))) continue
    throw new OciError('MANIFEST_NOT_FOUND', `${name}: no image for ${formatPlatform(want)}`, {
      reference: name,
    })
  }
  const isChosen = (entry: Descriptor): boolean => wanted.some((want) => fits(want, entry))
  const chosen = new Set<string>(entries.filter(isChosen).map(({ digest }) => digest))
  return entries.filter(
    (entry) => isChosen(entry) || (withDocuments && chosen.has(entry.annotations?.[documentedDigest] ?? '')),
  )
}
