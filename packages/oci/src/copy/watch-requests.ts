import { type RequestCount, requestsSince } from '../http/request-counts.ts'
import type { Repository } from '../ports/repository.ts'
import type { RegistryRepository } from '../registry/registry-repository.ts'
import type { CopyRequests } from './copy-report.ts'

type Side = Pick<Repository, 'name'> & Partial<Pick<RegistryRepository, 'requests'>>

/** Begins to count the requests of both sides; what is returned tells those since then. */
export function watchRequests(source: Side, target: Side): () => CopyRequests {
  const before = { source: source.requests?.(), target: target.requests?.() }
  const since = (side: Side, earlier: readonly RequestCount[] | undefined): readonly RequestCount[] =>
    requestsSince(earlier ?? [], side.requests?.() ?? [])
  return () => ({
    source: since(source, before.source),
    target: source === target ? [] : since(target, before.target),
  })
}
