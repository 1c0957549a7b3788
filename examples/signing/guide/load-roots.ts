import { readFile } from 'node:fs/promises'
import {
  combineTrustedRoots,
  parseTrustedRoot,
  type TrustedRoot,
  trustedRootProblems,
} from '@sallyport/attest'

/** Whom certificates are believed from: pinned files, and nothing from the network. */
export async function loadRoots(
  files: readonly string[],
  warn: (problem: string) => void,
): Promise<TrustedRoot> {
  const roots = await Promise.all(files.map(async (file) => parseTrustedRoot(await readFile(file))))
  const ahead = { endsWithinMs: 30 * 86_400_000 }
  for (const root of roots) for (const problem of trustedRootProblems(root, new Date(), ahead)) warn(problem)
  return combineTrustedRoots(roots)
}
