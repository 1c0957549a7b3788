import { z } from 'zod'
import { predicateTypes } from '../statement/statement.ts'
import { timestamp } from './fields.schema.ts'
import { defineWritablePredicate } from './predicate-kind.ts'
import { toTimestamp } from './write-fields.ts'

const schema = z.looseObject({ Data: z.unknown(), Timestamp: timestamp })

/** cosign's generic predicate. */
export type CosignCustomPredicate = z.infer<typeof schema>

/** What a generic predicate holds. */
export interface CosignCustomParts {
  /** cosign puts the file's text here, whatever it holds. */
  readonly data: string
  readonly timestamp: Date
}

/** cosign's generic predicate (specs/COSIGN_PREDICATE_SPEC.md), `--type custom`. */
export const cosignCustom = defineWritablePredicate<CosignCustomPredicate, CosignCustomParts>(
  { name: 'generic predicate of cosign', type: predicateTypes.cosignCustom, schema },
  ({ data, timestamp: time }) => ({ Data: data, Timestamp: toTimestamp(time) }),
)
