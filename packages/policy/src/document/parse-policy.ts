import { digestOf } from '@sallyport/core'
import { isNode, LineCounter, parseDocument, type Document } from 'yaml'
import { PolicyError, type PolicyIssue } from '../errors.ts'
import { policySchema, type PolicyDocument } from './policy.schema.ts'
import type { Policy, Tier } from './policy.ts'

const maxBytes = 1024 * 1024

/** Options of {@link parsePolicy}. */
export interface ParsePolicyOptions {
  /** File name or URI of the document, for messages and for the decision. */
  readonly source: string
}

/**
 * Reads a policy document (YAML 1.2, or JSON). Unknown fields, duplicate keys, unknown tiers in waivers and dates that
 * don't exist are refused, because a rule that is misspelt must not silently not apply.
 *
 * @throws {PolicyError} `POLICY_INVALID` with line and column of each issue.
 * @throws {PolicyError} `LIMIT_EXCEEDED` above 1 MiB.
 */
export function parsePolicy(text: string, { source }: ParsePolicyOptions): Policy {
  if (Buffer.byteLength(text) > maxBytes)
    throw new PolicyError('LIMIT_EXCEEDED', `${source}: more than ${maxBytes} bytes`)

  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false })
  if (document.errors.length > 0) {
    throw invalid(
      source,
      document.errors.map((error) => ({
        ...position(lines, error.pos[0]),
        path: '',
        message: error.message,
      })),
    )
  }

  const parsed = policySchema.safeParse(toPlain(document, source))
  if (!parsed.success) {
    throw invalid(
      source,
      parsed.error.issues.map((issue) => ({
        ...locate(
          document,
          lines,
          issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0]!] : issue.path,
        ),
        path: formatPath(issue.path),
        message: issue.message,
      })),
    )
  }

  const issues = findContradictions(parsed.data, document, lines)
  if (issues.length > 0) throw invalid(source, issues)
  return toPolicy(parsed.data, source, text)
}

function toPolicy({ tiers, waivers = [] }: PolicyDocument, source: string, text: string): Policy {
  return {
    source,
    digest: digestOf(text),
    tiers: new Map(
      Object.entries(tiers).map(([name, { thresholds, maxDataAge, accept = [] }]): [string, Tier] => [
        name,
        {
          thresholds,
          maxDataAgeMs: maxDataAge,
          acceptedGaps: accept.map(({ gap, images, reason }) => ({ code: gap, images, reason })),
        },
      ]),
    ),
    waivers,
  }
}

function findContradictions(
  { tiers, waivers = [] }: PolicyDocument,
  document: Document,
  lines: LineCounter,
): PolicyIssue[] {
  const issues: PolicyIssue[] = []
  const report = (path: readonly PropertyKey[], message: string) =>
    issues.push({ ...locate(document, lines, path), path: formatPath(path), message })

  for (const [name, { thresholds }] of Object.entries(tiers)) {
    const seen = new Set<string>()
    for (const [index, threshold] of thresholds.entries()) {
      if (seen.has(threshold.name))
        report(['tiers', name, 'thresholds', index, 'name'], `a second threshold named "${threshold.name}"`)
      seen.add(threshold.name)
    }
  }
  const ids = new Set<string>()
  for (const [index, waiver] of waivers.entries()) {
    if (ids.has(waiver.id)) report(['waivers', index, 'id'], `a second waiver with id "${waiver.id}"`)
    ids.add(waiver.id)
    for (const [position, tier] of (waiver.tiers ?? []).entries()) {
      if (!Object.hasOwn(tiers, tier))
        report(['waivers', index, 'tiers', position], `no tier is named "${tier}"`)
    }
  }
  return issues
}

function toPlain(document: Document, source: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 })
  } catch (cause) {
    throw new PolicyError(
      'POLICY_INVALID',
      `${source}: ${cause instanceof Error ? cause.message : 'unreadable'}`,
    )
  }
}

function invalid(source: string, issues: readonly PolicyIssue[]): PolicyError {
  const shown = issues
    .slice(0, 10)
    .map(
      ({ line, column, path, message }) =>
        `${source}:${line}:${column} ${path === '' ? '' : `${path}: `}${message}`,
    )
  return new PolicyError('POLICY_INVALID', shown.join('\n'), issues)
}

/** Position of the node at `path`, or of the deepest one on the way that exists. */
function locate(
  document: Document,
  lines: LineCounter,
  path: readonly PropertyKey[],
): { line: number; column: number } {
  for (let length = path.length; length >= 0; length--) {
    const node: unknown = length === 0 ? document.contents : document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return position(lines, node.range[0])
  }
  return { line: 1, column: 1 }
}

function position(lines: LineCounter, offset: number): { line: number; column: number } {
  const { line, col } = lines.linePos(offset)
  return { line, column: col }
}

function formatPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text === '' ? String(part) : `${text}.${String(part)}`,
    '',
  )
}
