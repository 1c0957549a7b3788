import { isJsonDeeperThan } from '@sallyport/core'
import { isRecord } from './list-rows.ts'

/** What an event can tell of a manifest that it carries along. */
export interface DescribedManifest {
  readonly mediaType?: string | undefined
  readonly artifactType?: string | undefined
  readonly subject?: string | undefined
}

/** Looks into a manifest that an event carries as text. Nothing of what is none: the registry is asked anyway. */
export function describeManifest(text: string | null | undefined): DescribedManifest {
  const manifest = parse(text)
  if (!manifest) return {}
  const { mediaType, artifactType, subject, config } = manifest
  const textOf = (value: unknown) => (typeof value === 'string' ? value : undefined)
  return {
    mediaType: textOf(mediaType),
    artifactType:
      textOf(artifactType) ??
      (isRecord(subject) && isRecord(config) ? textOf(config['mediaType']) : undefined),
    subject: isRecord(subject) ? textOf(subject['digest']) : undefined,
  }
}

function parse(text: string | null | undefined): Readonly<Record<string, unknown>> | undefined {
  if (!text || isJsonDeeperThan(text, 32)) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}
