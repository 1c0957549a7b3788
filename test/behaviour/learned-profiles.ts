import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the profiles that this run of the suite learned. */
    learned: string
  }
}

/** Makes the folder for a run of the suite, and removes it. */
export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-learned-'))
  project.provide('learned', directory)
  return () => rm(directory, { recursive: true, force: true })
}
