import type { RE2JS } from 're2js'
import * as z from 'zod'
import { matchGlob } from '../evaluate/match-glob.ts'
import { loadPatterns } from '../internal/load-libraries.ts'
import type { Loosening, RuleKind } from '../rules/rule-kind.ts'
import { broken, holds, unanswered } from '../rules/rule-result.ts'

/** A label that the image must have; without `value` and `pattern` any value but the empty one will do. */
export interface RequiredLabel {
  readonly key: string
  /** Glob. */
  readonly value?: string | undefined
  /** Pattern of RE2, for the whole value. */
  readonly pattern?: string | undefined
}

/** Labels that the image must have. */
export interface LabelsRule {
  readonly required: readonly RequiredLabel[]
}

const maxValueLength = 65_536

/** `labels`. */
export const labelsKind: RuleKind<LabelsRule> = {
  schema: z.strictObject({
    required: z
      .array(
        z.strictObject({
          key: z.string().min(1).max(500),
          value: z.string().min(1).max(1_000).optional(),
          pattern: z
            .string()
            .min(1)
            .max(1_000)
            .refine((text) => compile(text) !== undefined, 'not a pattern of RE2')
            .optional(),
        }),
      )
      .min(1)
      .max(100),
  }),
  loosened: (parent, child) =>
    parent.required.flatMap((label, at): readonly Loosening[] =>
      child.required.some(
        ({ key, value, pattern }) =>
          key === label.key &&
          (label.value === undefined || value === label.value) &&
          (label.pattern === undefined || pattern === label.pattern),
      )
        ? []
        : [{ path: ['required', at], was: label.value ?? label.pattern ?? label.key }],
    ),
  evaluate({ required }, { facts: { configuration } }) {
    if (!configuration) return unanswered('labels-unknown', 'nobody read its labels')
    const offenders = required.flatMap((label) => {
      const actual = Object.hasOwn(configuration.labels, label.key)
        ? configuration.labels[label.key]
        : undefined
      const fault = findFault(label, actual)
      return fault === undefined ? [] : [`${label.key}: ${fault}`]
    })
    return offenders.length === 0
      ? holds(`${required.length} labels`)
      : broken('label-missing', 'labels are not as they must be', { offenders })
  },
}

function findFault({ value, pattern }: RequiredLabel, actual: string | undefined): string | undefined {
  if (actual === undefined || actual.trim() === '') return 'missing'
  if (actual.length > maxValueLength) return 'too long'
  if (value !== undefined && !matchGlob(value, actual)) return `${shorten(actual)} does not match ${value}`
  if (pattern !== undefined && compile(pattern)?.matcher(actual).matches() !== true)
    return `${shorten(actual)} does not match ${pattern}`
  return undefined
}

function compile(pattern: string): RE2JS | undefined {
  const { RE2JS } = loadPatterns()
  try {
    return RE2JS.compile(pattern)
  } catch {
    return undefined
  }
}

const shorten = (text: string) => JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
