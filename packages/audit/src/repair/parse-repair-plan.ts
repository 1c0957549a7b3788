import { isJsonDeeperThan } from '@sallyport/core'
import { plainText } from '../deployments/plain-text.ts'
import { readYaml, YamlFault } from '../deployments/read-yaml.ts'
import { AuditError } from '../errors.ts'
import type { RepairPlan } from './repair-plan.ts'
import { repairPlanSchema } from './repair-plan.schema.ts'
import { digestOfPlan, findPlanFault } from './seal-plan.ts'

/** Options of {@link parseRepairPlan}. */
export interface ParseRepairPlanOptions {
  /** Name of the file, for messages. */
  readonly source: string
}

/** A plan as it came back from its review. */
export interface ReviewedPlan {
  /** Its digest is that of what it holds now. */
  readonly plan: RepairPlan
  /** Whether actions were removed or weakened since it was made. */
  readonly isEdited: boolean
}

const maxBytes = 256 * 1024 * 1024
const maxDepth = 16

/**
 * Reads a plan that people have reviewed: YAML or JSON. They may have removed actions, and changed the kind of others to
 * something weaker. The seals find mistakes, not forgeries: keep a plan where only reviewers write.
 *
 * @throws {AuditError} `PLAN_INVALID` with file, line and field for anything else: unknown fields, other edits, a kind that
 *   does more than was planned, two actions about one image, more than 256 MiB (16 MiB of YAML).
 */
export function parseRepairPlan(text: string, { source }: ParseRepairPlanOptions): ReviewedPlan {
  const { data, at } = open(text.replace(/^\ufeff/, ''), source)
  const parsed = repairPlanSchema.safeParse(data)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const unknown = issue?.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : []
    throw invalid(at([...(issue?.path ?? []), ...unknown]), issue?.message ?? 'no repair plan')
  }
  const { digest, ...rest } = parsed.data
  const fault = findPlanFault(rest)
  if (fault) throw invalid(at(fault.path), fault.message)
  const present = digestOfPlan(rest)
  return { plan: { ...rest, digest: present }, isEdited: present !== digest }
}

interface Opened {
  readonly data: unknown
  /** File, line where it is known, and field. */
  readonly at: (path: readonly PropertyKey[]) => string
}

function open(text: string, source: string): Opened {
  if (Buffer.byteLength(text) > maxBytes) throw invalid(source, `more than ${maxBytes} bytes`)
  if (text.trimStart().startsWith('{')) {
    if (isJsonDeeperThan(text, maxDepth)) throw invalid(source, `nested deeper than ${maxDepth} levels`)
    try {
      return { data: JSON.parse(text), at: (path) => `${source}: ${formatPath(path)}` }
    } catch (cause) {
      throw invalid(source, cause instanceof Error ? cause.message : 'no JSON', cause)
    }
  }
  try {
    const [document, more] = readYaml(text)
    if (!document || more) throw invalid(source, 'expected one document')
    const { data, lineOf } = document
    return { data, at: (path) => `${source}:${lineOf(path)}: ${formatPath(path)}` }
  } catch (cause) {
    if (!(cause instanceof YamlFault)) throw cause
    throw invalid(cause.line === undefined ? source : `${source}:${cause.line}`, cause.message, cause)
  }
}

const formatPath = (path: readonly PropertyKey[]): string =>
  path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '')

function invalid(where: string, message: string, cause?: unknown): AuditError {
  const subject = plainText(where, 300)
  return new AuditError('PLAN_INVALID', `${subject}: ${plainText(message, 300)}`, { subject, cause })
}
