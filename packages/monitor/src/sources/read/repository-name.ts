import { parseReference } from '@sallyport/oci'
import { MonitorError } from '../../errors.ts'
import { EntryError } from './entry-error.ts'
import { quote } from './plain-text.ts'

/**
 * Checks the registry that a format is about.
 *
 * @throws {MonitorError} `OPTIONS_INVALID` when it is no host as in references.
 */
export function checkRegistry(registry: string, format: string): string {
  try {
    if (parseReference(`${registry}/a/b`).registry === registry) return registry
  } catch {
    // Said below.
  }
  throw new MonitorError(
    'OPTIONS_INVALID',
    `${format}: expected the host of a registry, such as registry.example:5000`,
    {
      subject: format,
    },
  )
}

/** Registry and repository as in references; refuses what is no name of one. */
export function toRepositoryName(
  registry: unknown,
  repository: unknown,
): { readonly registry: string; readonly repository: string } {
  if (typeof registry === 'string' && typeof repository === 'string' && repository.length <= 255) {
    try {
      const parsed = parseReference(`${registry.toLowerCase()}/${repository}`)
      // A tag or a digest in it would have been cut off.
      if (parsed.tag === undefined && parsed.digest === undefined)
        return { registry: parsed.registry, repository: parsed.repository }
    } catch {
      // Said below.
    }
  }
  throw new EntryError(`not a repository: ${quote(registry)} ${quote(repository)}`)
}

/** A reference with its host as some registries write it in one piece. */
export function toReference(text: string): {
  readonly registry: string
  readonly repository: string
  readonly tag?: string | undefined
  readonly digest?: string | undefined
} {
  try {
    return parseReference(text)
  } catch {
    throw new EntryError(`not a reference: ${quote(text)}`)
  }
}
