import { z } from 'zod'
import type { OsvAffected } from './osv.schema.ts'

const text = z.string().max(2048)

const schema = z.object({
  status: z.enum(['not-affected', 'undetermined']).optional().catch(undefined),
  fixState: z
    .enum(['not-fixed', 'wont-fix', 'deferred', 'end-of-life', 'unknown'])
    .optional()
    .catch(undefined),
  reason: text.optional().catch(undefined),
  name: z.enum(['source', 'binary']).optional().catch(undefined),
  module: text.optional().catch(undefined),
  arches: z.array(text).max(64).optional().catch(undefined),
  except: z.array(text).max(1000).optional().catch(undefined),
})

/**
 * What our converters add to an OSV record, in `affected[].ecosystem_specific.sallyport`, because OSV cannot say it.
 * Readers of OSV that do not know these fields see a record that claims no less than it should.
 */
export interface AdvisoryExtension {
  /**
   * `not-affected`: the distribution says so, and that outweighs what others say of the same package and
   * vulnerability; `undetermined`: nobody knows yet, so it counts as affected.
   */
  readonly status?: 'not-affected' | 'undetermined' | undefined
  /** State of the fix in this release. It outweighs a `fixed` event, which may be the version of another release. */
  readonly fixState?: 'not-fixed' | 'wont-fix' | 'deferred' | 'end-of-life' | 'unknown' | undefined
  /** The word that the source uses: `no-dsa`, `ignored`, `Will not fix` … */
  readonly reason?: string | undefined
  /** Whether `package.name` names a source package or a binary one; each is matched by its own version. */
  readonly name?: 'source' | 'binary' | undefined
  /** `name:stream` of the rpm module that the statement is about. */
  readonly module?: string | undefined
  /** The only architectures that it is about. */
  readonly arches?: readonly string[] | undefined
  /** Versions inside of the ranges that are not affected (`> 1.0` has no OSV event). */
  readonly except?: readonly string[] | undefined
}

const none: AdvisoryExtension = {}

/** Reads the extension; fields that are none are left out. */
export function extensionOf(affected: OsvAffected): AdvisoryExtension {
  const value = affected.ecosystem_specific?.['sallyport']
  if (value === undefined) return none
  const result = schema.safeParse(value)
  return result.success ? result.data : none
}

/** Puts the extension where {@link extensionOf} finds it. */
export function withExtension(extension: AdvisoryExtension): { readonly sallyport: AdvisoryExtension } {
  return { sallyport: extension }
}
