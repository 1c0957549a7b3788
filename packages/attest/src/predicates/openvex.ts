import { z } from 'zod'
import { AttestError } from '../errors.ts'
import { predicateTypes } from '../statement/statement.ts'
import { isRecord, optional, text, timestamp } from './fields.schema.ts'
import { defineWritablePredicate } from './predicate-kind.ts'
import { toTimestamp } from './write-fields.ts'

const status = z.enum(['not_affected', 'affected', 'fixed', 'under_investigation'])
const justification = z.enum([
  'component_not_present',
  'vulnerable_code_not_present',
  'vulnerable_code_not_in_execute_path',
  'vulnerable_code_cannot_be_controlled_by_adversary',
  'inline_mitigations_already_exist',
])
const component = z.looseObject({
  '@id': optional(z.string()),
  identifiers: optional(z.record(z.string(), z.string())),
  hashes: optional(z.record(z.string(), z.string())),
})
const statement = z.looseObject({
  vulnerability: z.looseObject({ name: text, aliases: optional(z.array(z.string())) }),
  timestamp: optional(timestamp),
  products: optional(
    z.array(z.looseObject({ ...component.shape, subcomponents: optional(z.array(component)) })),
  ),
  status,
  status_notes: optional(z.string()),
  justification: optional(justification),
  impact_statement: optional(z.string()),
  action_statement: optional(z.string()),
})

const schema = z.looseObject({
  '@context': z.string().regex(/^https:\/\/openvex\.dev\/ns(\/v\d+\.\d+\.\d+)?$/, 'not a version of OpenVEX'),
  '@id': text,
  author: text,
  // Both are demanded by version 0.2.0; documents of older tools lack them.
  timestamp: optional(timestamp),
  version: optional(z.int().nonnegative()),
  statements: z.array(statement),
})

/** An OpenVEX document. */
export interface OpenVexPredicate {
  /** Names the version of OpenVEX. */
  readonly '@context': string
  /** IRI of the document. */
  readonly '@id': string
  /** Who says so. */
  readonly author: string
  /** When it was issued (RFC 3339). */
  readonly timestamp?: string | undefined
  /** Counts up with each change of the document. */
  readonly version?: number | undefined
  /** How vulnerabilities affect products. */
  readonly statements: readonly {
    readonly vulnerability: { readonly name: string; readonly aliases?: readonly string[] | undefined }
    readonly timestamp?: string | undefined
    /** Absent: the subjects of the attestation. */
    readonly products?: readonly OpenVexProduct[] | undefined
    readonly status: OpenVexStatus
    readonly status_notes?: string | undefined
    readonly justification?: OpenVexJustification | undefined
    readonly impact_statement?: string | undefined
    readonly action_statement?: string | undefined
  }[]
}

/** A product of an OpenVEX statement, or a part of one. */
export interface OpenVexProduct {
  /** purl or another IRI. */
  readonly '@id'?: string | undefined
  /** Further names, by their kind. */
  readonly identifiers?: Readonly<Record<string, string>> | undefined
  /** Hashes in hex, by algorithm. */
  readonly hashes?: Readonly<Record<string, string>> | undefined
  /** The parts of the product that the statement is about. */
  readonly subcomponents?: readonly Omit<OpenVexProduct, 'subcomponents'>[] | undefined
}

/** Whether a product is affected. */
export type OpenVexStatus = 'not_affected' | 'affected' | 'fixed' | 'under_investigation'

/** Why a product is not affected. */
export type OpenVexJustification =
  | 'component_not_present'
  | 'vulnerable_code_not_present'
  | 'vulnerable_code_not_in_execute_path'
  | 'vulnerable_code_cannot_be_controlled_by_adversary'
  | 'inline_mitigations_already_exist'

/** A product or a part of one. */
export interface OpenVexComponent {
  /** purl or another IRI. */
  readonly id: string
  /** Further names, by their kind. */
  readonly identifiers?: Readonly<Partial<Record<'purl' | 'cpe22' | 'cpe23', string>>> | undefined
  /** Hashes in hex, by algorithm. */
  readonly hashes?: Readonly<Record<string, string>> | undefined
}

/** What an OpenVEX document says. */
export interface OpenVexParts {
  /** IRI of the document. */
  readonly id: string
  /** Who says so. */
  readonly author: string
  /** The author's role. */
  readonly role?: string | undefined
  /** When it is issued. */
  readonly timestamp: Date
  /** Counts up with each change of the document. Default 1. */
  readonly version?: number | undefined
  /** How vulnerabilities affect products. */
  readonly statements: readonly {
    readonly vulnerability: { readonly name: string; readonly aliases?: readonly string[] | undefined }
    readonly products: readonly (OpenVexComponent & {
      readonly subcomponents?: readonly OpenVexComponent[] | undefined
    })[]
    readonly status: OpenVexStatus
    readonly statusNotes?: string | undefined
    /** `not_affected` needs this or `impactStatement`. */
    readonly justification?: OpenVexJustification | undefined
    readonly impactStatement?: string | undefined
    /** `affected` needs it. */
    readonly actionStatement?: string | undefined
    readonly timestamp?: Date | undefined
  }[]
}

/** OpenVEX 0.2.0 (openvex/spec); 0.0.1, which names vulnerabilities and products by text, is read into the same form. */
export const openvex = defineWritablePredicate<OpenVexPredicate, OpenVexParts>(
  {
    name: 'OpenVEX document',
    type: predicateTypes.openvex,
    alsoReads: [`${predicateTypes.openvex}/v*`],
    schema,
    normalize: toObjects,
  },
  ({ id, author, role, timestamp: time, version = 1, statements }) => ({
    '@context': 'https://openvex.dev/ns/v0.2.0',
    '@id': id,
    author,
    role,
    timestamp: toTimestamp(time),
    version,
    statements: statements.map(writeStatement),
  }),
)

function writeStatement(given: OpenVexParts['statements'][number]): Record<string, unknown> {
  const { vulnerability, products, timestamp: time, statusNotes, impactStatement, actionStatement } = given
  if (given.status === 'not_affected' && !given.justification && !impactStatement) {
    throw lacks(vulnerability.name, 'a justification or an impact statement')
  }
  if (given.status === 'affected' && !actionStatement) throw lacks(vulnerability.name, 'an action statement')
  if (products.length === 0) throw lacks(vulnerability.name, 'a product')
  return {
    vulnerability,
    products: products.map(({ subcomponents, ...product }) => ({
      ...writeComponent(product),
      subcomponents: subcomponents?.map(writeComponent),
    })),
    status: given.status,
    status_notes: statusNotes,
    justification: given.justification,
    impact_statement: impactStatement,
    action_statement: actionStatement,
    timestamp: time && toTimestamp(time),
  }
}

const writeComponent = ({ id, ...component }: OpenVexComponent) => ({ '@id': id, ...component })

function lacks(vulnerability: string, what: string): AttestError {
  return new AttestError('PREDICATE_INVALID', `the statement about ${vulnerability} lacks ${what}`)
}

function toObjects(document: unknown): unknown {
  if (!isRecord(document) || !Array.isArray(document['statements'])) return document
  const { version } = document
  return {
    ...document,
    ...(typeof version === 'string' && /^\d{1,9}$/.test(version) ? { version: Number(version) } : {}),
    statements: document['statements'].map((given: unknown) => {
      if (!isRecord(given)) return given
      const { vulnerability, products } = given
      return {
        ...given,
        ...(typeof vulnerability === 'string' ? { vulnerability: { name: vulnerability } } : {}),
        ...(Array.isArray(products) ? { products: products.map(toComponent) } : {}),
      }
    }),
  }
}

const toComponent = (product: unknown) => (typeof product === 'string' ? { '@id': product } : product)
