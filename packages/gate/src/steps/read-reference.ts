import { isSallyportError, type Reference } from '@sallyport/core'
import { parseReference } from '@sallyport/oci'
import { GateError, type GateErrorOptions } from '../errors.ts'

/** Reads the reference that a promotion starts from: with a tag or a digest. */
export function readSourceReference(text: string): Reference & { readonly tagOrDigest: string } {
  const reference = readReference(text, 'source')
  const tagOrDigest = reference.digest ?? reference.tag
  if (!tagOrDigest) throw invalid(`${text}: name a tag or a digest`, 'source')
  return { ...reference, tagOrDigest }
}

/** Reads the reference that a promotion goes to: with a tag, and without a digest, which nobody knows yet. */
export function readDestination(text: string): Reference & { readonly tag: string } {
  const { registry, repository, tag, digest } = readReference(text, 'target')
  if (!tag || digest) {
    throw invalid(`${text}: the destination is a tag, e.g. registry/repository:tag`, 'target')
  }
  return { registry, repository, tag }
}

function readReference(text: string, side: GateErrorOptions['side']): Reference {
  try {
    return parseReference(text)
  } catch (cause) {
    if (isSallyportError(cause) && cause.code === 'REFERENCE_INVALID')
      throw invalid(cause.message, side, cause)
    throw cause
  }
}

function invalid(message: string, side: GateErrorOptions['side'], cause?: unknown): GateError {
  return new GateError('REFERENCE_INVALID', message, { step: 'resolve', side, cause })
}
