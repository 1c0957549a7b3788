import type { Comparison } from './comparison.ts'
import { compareDatabase } from './compare-database.ts'
import { findDanglingLinks } from './find-dangling-links.ts'
import { findLostCommands } from './find-lost-commands.ts'
import { findLostInterpreters } from './find-lost-interpreters.ts'
import { findLostLibraries } from './find-lost-libraries.ts'
import { findLostShells } from './find-lost-shells.ts'
import { findOpenDependencies } from './find-open-dependencies.ts'
import type { CheckedInvariant } from './invariant.ts'
import { readPrograms } from './read-programs.ts'

/** I1 to I6: what can be told of a plan as of an image that is there. */
export async function checkComparison(
  comparison: Comparison,
  signal?: AbortSignal,
): Promise<readonly CheckedInvariant[]> {
  const programs = await readPrograms(comparison)
  return [
    { id: 'I1', violations: findDanglingLinks(comparison) },
    { id: 'I2', violations: await findLostLibraries(comparison, programs) },
    { id: 'I3', violations: findLostInterpreters(comparison, programs) },
    { id: 'I3-commands', violations: findLostCommands(comparison) },
    { id: 'I4', violations: findLostShells(comparison, programs) },
    { id: 'I5', violations: findOpenDependencies(comparison) },
    { id: 'I6', violations: await compareDatabase(comparison, signal) },
  ]
}
