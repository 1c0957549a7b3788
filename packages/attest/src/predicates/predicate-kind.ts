import { parseStrictJson, StrictJsonError } from '@sallyport/core'
import type { z } from 'zod'
import { AttestError } from '../errors.ts'

/** A type of predicate: how it is named and read. */
export interface PredicateKind<Predicate> {
  /** Type URI that statements of this kind are written with. */
  readonly type: string
  /** Whether predicates of this type URI are read as this kind: its own, and those of older or versioned forms. */
  reads(predicateType: string): boolean
  /**
   * Reads a predicate. Unknown fields are kept, as in-toto's parsing rules want; an optional field that is `null` counts
   * as absent. Text is read as JSON, because cosign 1 wrote some predicates so.
   *
   * @throws {AttestError} `PREDICATE_INVALID` naming the field.
   */
  parse(predicate: unknown): Predicate
}

/** A kind that is also written. */
export interface WritablePredicateKind<Predicate, Parts> extends PredicateKind<Predicate> {
  /**
   * Makes a predicate with what its specification demands.
   *
   * @throws {AttestError} `PREDICATE_INVALID` naming the field.
   */
  build(parts: Parts): Predicate
}

interface Definition<Predicate> {
  /** For messages: `SLSA provenance v1`. */
  readonly name: string
  readonly type: string
  /** Further type URIs; one that ends in `/v*` stands for every version number. */
  readonly alsoReads?: readonly string[] | undefined
  readonly schema: z.ZodType<Predicate> | ((predicate: unknown) => z.ZodType<Predicate>)
  /** Brings an older form into the one of the schema. */
  readonly normalize?: ((predicate: unknown) => unknown) | undefined
}

/** Makes a kind that is read only. */
export function definePredicate<Predicate>({
  name,
  type,
  alsoReads = [],
  schema,
  normalize = (predicate) => predicate,
}: Definition<Predicate>): PredicateKind<Predicate> {
  return {
    type,
    reads: (predicateType) =>
      predicateType === type || alsoReads.some((pattern) => matchesType(pattern, predicateType)),
    parse: (predicate) => {
      const value = normalize(typeof predicate === 'string' ? parseText(predicate, name) : predicate)
      const parsed = (typeof schema === 'function' ? schema(value) : schema).safeParse(value)
      if (parsed.success) return parsed.data
      const [issue] = parsed.error.issues
      const where = issue?.path.map(String).join('.') || 'predicate'
      throw invalid(name, `${where}: ${issue?.message}`)
    },
  }
}

/** Makes a kind that is read and written; what is built is read back, so that both agree. */
export function defineWritablePredicate<Predicate, Parts>(
  definition: Definition<Predicate>,
  build: (parts: Parts) => unknown,
): WritablePredicateKind<Predicate, Parts> {
  const kind = definePredicate(definition)
  return { ...kind, build: (parts) => kind.parse(build(parts)) }
}

function matchesType(pattern: string, predicateType: string): boolean {
  if (!pattern.endsWith('/v*')) return pattern === predicateType
  const prefix = pattern.slice(0, -1)
  return predicateType.startsWith(prefix) && /^\d+(\.\d+){0,2}$/.test(predicateType.slice(prefix.length))
}

function parseText(predicate: string, name: string): unknown {
  try {
    return parseStrictJson(Buffer.from(predicate, 'utf8'))
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error
    throw invalid(name, `a text: ${error.message}`)
  }
}

/** Names of fields come from the document, so only what is printable of them gets into a message. */
function invalid(name: string, problem: string): AttestError {
  const message = `not a valid ${name}: ${problem}`.replaceAll(/[^ -~]/g, '?').slice(0, 300)
  return new AttestError('PREDICATE_INVALID', message)
}
