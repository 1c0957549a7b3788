import type { Clock } from '@sallyport/core'
import type { AuditTerms } from '../audit-terms.ts'
import type { ImageClassifier } from '../ports/image-classifier.ts'
import type { RepositoryWork, WorkNode, Write } from '../state/repository-work.ts'
import type { Budget } from './budget.ts'
import type { Slots } from './slots.ts'
import type { WatchedRepository } from './watch-repository.ts'

/** One repository while it is audited, with all that is needed for it. */
export interface RepositoryVisit {
  readonly work: RepositoryWork
  readonly repository: WatchedRepository
  readonly terms: AuditTerms
  /** Names the terms and the scanners' data. */
  readonly termsKey: string
  readonly classifier: ImageClassifier
  readonly budget: Budget
  readonly slots: Slots
  readonly clock: Clock
  /** Whether what was found by an audit at a time may be used again. */
  isFresh(audit: string, at: string): boolean
  readonly signal: AbortSignal
}

const pageSize = 32

/**
 * Goes through manifests page by page until none is left in this state. What is found of a page is kept at once, also
 * when one of it fails; then it rejects with that failure.
 *
 * @param find The next page; work must take a manifest out of it.
 * @returns Whether there were any.
 */
export async function eachPage(
  { work, repository, slots, signal }: RepositoryVisit,
  find: (limit: number) => Promise<readonly WorkNode[]>,
  look: (node: WorkNode) => Promise<readonly Write[]>,
): Promise<boolean> {
  for (let wasAny = false; ; wasAny = true) {
    const nodes = await find(pageSize)
    if (nodes.length === 0) return wasAny
    const writes: Write[] = []
    let failure: { readonly error: unknown } | undefined
    await Promise.all(
      nodes.map((node) =>
        slots(async () => {
          if (failure !== undefined) return
          try {
            signal.throwIfAborted()
            writes.push(...(await look(node)))
          } catch (error) {
            failure ??= { error }
          }
        }),
      ),
    )
    await work.commit([...repository.takeNotes(), ...writes])
    if (failure !== undefined) throw (failure as { readonly error: unknown }).error
  }
}
