import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { formatReference } from '@sallyport/core'
import { isEvidenceTag, openLayout, type Repository } from '@sallyport/oci'
import type { GateContext } from '../promote/gate-context.ts'
import { invalid, readTarget } from './open-source.ts'

/** Where a promotion goes. */
export interface Destination {
  /** `registry/repository:tag`, or `oci:folder:tag`. */
  readonly name: string
  readonly tag: string
  /**
   * Opens it, to write to it with `create`; `undefined` for a layout folder that does not exist yet and is not to be
   * made.
   */
  open(options?: { readonly create?: boolean | undefined }): Promise<Repository | undefined>
}

/**
 * Reads where a promotion goes: a tag, without a digest, which nobody knows yet.
 *
 * @throws {GateError} `REFERENCE_INVALID` for anything else.
 */
export function readDestination(to: string, { repository }: Pick<GateContext, 'repository'>): Destination {
  const locator = readTarget(to)
  if (locator.kind === 'registry') {
    const { registry, repository: path, tag, digest } = locator.reference
    if (!tag || digest)
      throw invalid(`${to}: the destination is a tag, e.g. registry/repository:tag`, 'target')
    refuseEvidenceTag(to, tag)
    const reference = { registry, repository: path, tag }
    return { name: formatReference(reference), tag, open: async () => repository(reference) }
  }
  if (locator.kind === 'oci' && locator.tag && !locator.digest) {
    const { directory, tag } = locator
    refuseEvidenceTag(to, tag)
    return {
      name: `oci:${directory}:${tag}`,
      tag,
      async open({ create = false } = {}) {
        if (!create && !(await isThere(join(directory, 'oci-layout')))) return undefined
        return openLayout(directory, { create })
      },
    }
  }
  throw invalid(`${to}: the destination is registry/repository:tag or oci:folder:tag`, 'target')
}

/** Moved, it would hide the evidence of another image; and who looks for images passes such tags over. */
function refuseEvidenceTag(to: string, tag: string): void {
  if (isEvidenceTag(tag))
    throw invalid(`${to}: evidence is kept under such tags; give the image another one`, 'target')
}

/** Opens a destination to write to it. */
export async function openTarget(destination: Destination): Promise<Repository> {
  return (await destination.open({ create: true }))!
}

const isThere = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return false
      throw error
    },
  )
