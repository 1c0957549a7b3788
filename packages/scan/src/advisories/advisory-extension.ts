import type { OsvAffected } from './osv.schema.ts'

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
const statuses = ['not-affected', 'undetermined'] as const
const fixStates = ['not-fixed', 'wont-fix', 'deferred', 'end-of-life', 'unknown'] as const
const names = ['source', 'binary'] as const

/** Reads the extension; fields that are none are left out. Without a schema, since matching reads thousands of them. */
export function extensionOf(affected: OsvAffected): AdvisoryExtension {
  const value = affected.ecosystem_specific?.['sallyport']
  if (typeof value !== 'object' || value === null) return none
  const fields = value as Readonly<Record<string, unknown>>
  return {
    status: oneOf(statuses, fields['status']),
    fixState: oneOf(fixStates, fields['fixState']),
    reason: typeof fields['reason'] === 'string' ? fields['reason'] : undefined,
    name: oneOf(names, fields['name']),
    module: typeof fields['module'] === 'string' ? fields['module'] : undefined,
    arches: textsOf(fields['arches']),
    except: textsOf(fields['except']),
  }
}

function oneOf<T extends string>(words: readonly T[], value: unknown): T | undefined {
  return words.find((word) => word === value)
}

function textsOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === 'string') : undefined
}

/** Puts the extension where {@link extensionOf} finds it. */
export function withExtension(extension: AdvisoryExtension): { readonly sallyport: AdvisoryExtension } {
  return { sallyport: extension }
}
