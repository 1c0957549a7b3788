import type * as z from 'zod'
import type { PolicyIssue } from '../errors.ts'
import type { Loosening } from '../rules/rule-kind.ts'
import { issueIn, type OpenDocument } from './open-yaml.ts'
import { formFaults } from './read-document.ts'
import { proseSchema } from './rule-settings.schema.ts'
import type { AcceptedLoosening, ValueOrigin } from './tier.ts'

type Path = readonly (string | number)[]

/** A place in a document, in the tier that it belongs to. */
export interface Place {
  readonly tier: string
  readonly path: Path
}

/** A field as some tier wrote it. */
export interface WrittenField extends Place {
  readonly value: unknown
}

/** Fields of a rule or a section, inherited ones included. */
export type FieldSet = ReadonlyMap<string, WrittenField>

/** A rule or section in one tier, with everything that it inherits. */
export interface Inherited<T> {
  readonly fields: FieldSet
  readonly value: T
}

/** Something that is written in a tier and may change what a parent says. */
export interface WrittenPart extends Place {
  /** As people know it, e.g. `thresholds "none critical"`. */
  readonly label: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** Collects what is wrong with a document, and what is looser in it for a reason. */
export class DocumentReview {
  readonly issues: PolicyIssue[] = []
  readonly document: OpenDocument

  constructor(document: OpenDocument) {
    this.document = document
  }

  report(path: readonly PropertyKey[], message: string, of?: 'value' | 'key'): void {
    this.issues.push(issueIn(this.document, path, message, of))
  }

  /** Where something is written; built in when it is written nowhere. */
  originOf(place: Place | undefined): ValueOrigin {
    return place ? { tier: place.tier, ...this.document.positionOf(place.path) } : {}
  }

  /** The fields of a part over those of its parent, in the form of a schema; `undefined` when they have none. */
  inherit<T>(
    part: WrittenPart,
    schema: z.ZodType<T>,
    parent: Inherited<unknown> | undefined,
  ): Inherited<T> | undefined {
    const fields = new Map(parent?.fields)
    for (const [key, value] of Object.entries(part.fields)) {
      fields.set(key, { value, tier: part.tier, path: [...part.path, key] })
    }
    const parsed = schema.safeParse(Object.fromEntries([...fields].map(([key, { value }]) => [key, value])))
    if (parsed.success) return { fields, value: parsed.data }
    for (const { path, message, of } of formFaults(parsed.error)) {
      const [head, ...rest] = path
      const field = fields.get(String(head))
      // a field that nobody wrote is missed where the rule stands
      this.report(field ? [...field.path, ...rest] : [...part.path, ...path], message, of)
    }
    return undefined
  }

  /**
   * Holds a part against what it inherits. What is looser needs `loosen`, a reason; a reason without anything looser is
   * refused, because it would cover what comes later.
   */
  compare(
    part: WrittenPart,
    loosened: readonly Loosening[],
    { loosen, originOf }: { readonly loosen: unknown; readonly originOf: (field: string) => ValueOrigin },
  ): AcceptedLoosening[] {
    const reason = loosen === undefined ? undefined : this.readReason(part, loosen)
    if (reason !== undefined && loosened.length === 0) {
      this.report(
        [...part.path, 'loosen'],
        'nothing here is looser than what is inherited; leave it out',
        'key',
      )
    }
    return loosened.flatMap(({ path, was }): AcceptedLoosening[] => {
      const origin = originOf(String(path[0] ?? ''))
      const isWritten = path.length > 0 && Object.hasOwn(part.fields, path[0]!)
      const at = isWritten ? [...part.path, ...path] : part.path
      if (reason !== undefined) {
        return [
          {
            part: part.label,
            path,
            was,
            from: origin,
            reason,
            at: this.originOf({ tier: part.tier, path: at }),
          },
        ]
      }
      if (loosen === undefined) {
        const field = path.length === 0 ? 'this' : `"${path.join('.')}"`
        this.report(
          at,
          `${field} is looser than ${describeOrigin(was, origin)}; tighten it, or say why in \`loosen\``,
        )
      }
      return []
    })
  }

  private readReason({ path }: WrittenPart, loosen: unknown): string | undefined {
    const parsed = proseSchema.safeParse(loosen)
    if (parsed.success) return parsed.data
    this.report([...path, 'loosen'], 'expected the reason, as text')
    return undefined
  }
}

function describeOrigin(was: string, { tier, line, column }: ValueOrigin): string {
  if (tier === undefined) return `${was}, the built-in default`
  return `${was}, which tier "${tier}" asks for${line === undefined || line === 0 ? '' : ` (${line}:${column})`}`
}
