import { statfs } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { parentOf } from '../drift/file-baseline.ts'
import { isWithin } from '../drift/expected-paths.ts'
import { openInside } from './open-inside.ts'
import { isForeign, isRemote, type Mount } from './read-mounts.ts'

/**
 * Finds mounts that must not be touched, because a call about their files may never return: those for which a program
 * answers, and those of a server that does not answer now.
 */
export async function findSilentMounts(
  root: string,
  mounts: readonly Mount[],
  answerTimeoutMs: number,
): Promise<ReadonlyMap<string, string>> {
  const silent = new Map<string, string>()
  // Outer ones first: the way to an inner one leads through them.
  const inOrder = mounts.filter(({ path }) => path !== '/').toSorted((a, b) => a.path.length - b.path.length)
  for (const mount of inOrder) {
    const { path, type } = mount
    if ([...silent.keys()].some((outer) => isWithin(path, outer))) continue
    if (isForeign(mount))
      silent.set(path, `${path} is a ${type} mount, of which a program says what it holds`)
    else if (isRemote(mount) && !(await answers(root, path, answerTimeoutMs)))
      silent.set(path, `${path} is a ${type} mount that did not answer within ${answerTimeoutMs} ms`)
  }
  return silent
}

async function answers(root: string, path: string, answerTimeoutMs: number): Promise<boolean> {
  const waited = new AbortController()
  const asked = openInside(root, parentOf(path), (access) =>
    // Asks the server, where attributes of a file may be remembered.
    statfs(`${access}/${path.slice(path.lastIndexOf('/') + 1)}`),
  ).then(
    () => true,
    () => false,
  )
  try {
    return await Promise.race([asked, pause(answerTimeoutMs, false, { signal: waited.signal })])
  } finally {
    waited.abort()
  }
}
