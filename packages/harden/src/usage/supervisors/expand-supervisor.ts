import type { Image } from '@sallyport/image'
import { HardenError } from '../../errors.ts'
import type { FileContents } from '../file-contents.ts'
import { findServiceFolders } from './service-folders.ts'
import { readSupervisord } from './read-supervisord.ts'
import { readSystemd } from './read-systemd.ts'
import type { Supervised, SupervisorContext } from './supervised.ts'

const supervisors: readonly (readonly [
  RegExp,
  (context: SupervisorContext, words: readonly string[]) => Promise<Supervised | undefined>,
])[] = [
  [/(?:^|\/)supervisord$/, readSupervisord],
  [/(?:^|\/)(?:systemd|init)$/, readSystemd],
  [/(?:^|\/)(?:s6-svscan|runsvdir|runit|runit-init|init)$/, findServiceFolders],
]

/** Whether a program is a supervisor whose configuration can be read. */
export const isSupervisor = (name: string): boolean => supervisors.some(([pattern]) => pattern.test(name))

/**
 * Finds what a supervisor starts.
 *
 * @throws {HardenError} `ENTRYPOINT_UNRESOLVED` when its configuration is not there, or names a program in a way that
 *   only the running container can tell.
 */
export async function expandSupervisor(
  image: Pick<Image, 'tree' | 'config'>,
  contents: FileContents,
  words: readonly string[],
): Promise<Supervised> {
  const [program = ''] = words
  const read = async (path: string): Promise<string | undefined> => {
    const node = image.tree.resolve(path)
    const content = node?.type === 'file' ? await contents.read(node) : undefined
    return content?.type === 'text' || content?.type === 'script' ? content.text : undefined
  }
  for (const [pattern, expand] of supervisors) {
    if (!pattern.test(program)) continue
    const found = await expand({ image, read }, words)
    if (found) return found
  }
  throw new HardenError(
    'ENTRYPOINT_UNRESOLVED',
    `${program} starts services, and no configuration of it was found`,
  )
}
