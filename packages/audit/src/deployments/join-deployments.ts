import type { AuditRecord } from '../audit-record.ts'
import { AuditError } from '../errors.ts'
import { createDeploymentMatcher } from './match-deployments.ts'
import type { ReportedImage } from './reported-image.ts'

/** Options of {@link joinDeployments}. */
export interface JoinDeploymentsOptions {
  /** Ends it; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/** Records of an audit with where their images run. */
export interface JoinedDeployments {
  /** Reads the records, each with `deployments`; however many there are, only some are in memory. */
  records(): AsyncIterable<AuditRecord>
  /** What runs and is in no audited repository, or is there as something that is not judged, such as evidence. */
  readonly unmatched: readonly ReportedImage[]
}

/**
 * Says of each record where its image runs. A digest is matched as that of an index, a manifest or a configuration: in the
 * repository that it is reported from or, where no record is there, in each that has it (mirrors, rewritten names). What
 * is reported without a digest is matched by its tag. An index runs where one of its platforms does, and the other way round.
 *
 * @param read Starts to read the records; called once now, and once for each call of `records()`.
 * @throws {AuditError} `DEPLOYMENTS_INVALID` for an empty list, which would say that nothing runs.
 */
export async function joinDeployments(
  read: () => AsyncIterable<AuditRecord> | Iterable<AuditRecord>,
  deployments: readonly ReportedImage[],
  { signal }: JoinDeploymentsOptions = {},
): Promise<JoinedDeployments> {
  signal?.throwIfAborted()
  if (deployments.length === 0) {
    throw new AuditError('DEPLOYMENTS_INVALID', 'no deployments: an empty list would say that nothing runs')
  }
  const matcher = createDeploymentMatcher(deployments)
  for await (const record of read()) {
    signal?.throwIfAborted()
    matcher.note(record)
  }
  return {
    unmatched: matcher.unmatched(),
    async *records() {
      for await (const record of read()) {
        signal?.throwIfAborted()
        yield { ...record, deployments: matcher.deploymentsOf(record) }
      }
    },
  }
}
