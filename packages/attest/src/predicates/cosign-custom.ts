import { z } from 'zod'
import { predicateTypes } from '../statement/statement.ts'
import { timestamp } from './fields.schema.ts'
import { defineWritablePredicate } from './predicate-kind.ts'
import { toTimestamp } from './write-fields.ts'

const schema = z.looseObject({ Data: z.unknown(), Timestamp: timestamp })

/** cosign's generic predicate. */
export interface CosignCustomPredicate {
  /** What was attested: mostly the text of a file. */
  readonly Data: unknown
  /** When it was attested (RFC 3339). */
  readonly Timestamp: string
}

/** What a generic predicate holds. */
export interface CosignCustomParts {
  /** cosign puts the file's text here, whatever it holds. */
  readonly data: string
  /** When it is attested. */
  readonly timestamp: Date
}

/** cosign's generic predicate (specs/COSIGN_PREDICATE_SPEC.md), `--type custom`. */
export const cosignCustom = defineWritablePredicate<CosignCustomPredicate, CosignCustomParts>(
  { name: 'generic predicate of cosign', type: predicateTypes.cosignCustom, schema },
  ({ data, timestamp: time }) => ({ Data: data, Timestamp: toTimestamp(time) }),
)
