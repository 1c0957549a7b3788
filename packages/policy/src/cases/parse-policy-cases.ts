import type { PolicyIssue } from '../errors.ts'
import { PolicyError } from '../errors.ts'
import { invalidDocument } from '../document/open-yaml.ts'
import { readDocument } from '../document/read-document.ts'
import { defineWaivers } from '../waivers/define-waivers.ts'
import { parseInstant } from '../parse-instant.ts'
import type { WaiverFile } from '../waivers/waiver.ts'
import type { CaseFacts, PolicyCase } from './policy-case.ts'
import { policyCasesSchema } from './policy-case.schema.ts'
import { readFinding } from './read-finding.ts'
import { toFacts } from './to-facts.ts'

/** Options of {@link parsePolicyCases}. */
export interface ParsePolicyCasesOptions {
  /** File name or URI, for messages. */
  readonly source: string
}

/**
 * Reads a file of cases (YAML 1.2, or JSON): `version: 1`, `defaults`, `cases`. Fields of a case go before those of
 * `defaults`, each as a whole. Unknown words are refused: a case that is misread tests nothing.
 *
 * @throws {PolicyError} `POLICY_INVALID` with line and column of each issue.
 * @throws {PolicyError} `LIMIT_EXCEEDED` above 1 MiB.
 */
export function parsePolicyCases(text: string, { source }: ParsePolicyCasesOptions): readonly PolicyCase[] {
  const { data, issueAt } = readDocument(text, { source, schema: policyCasesSchema })
  const { defaults = {} } = data
  const issues: PolicyIssue[] = []
  const names = new Set<string>()
  const cases = data.cases.map((given, index): PolicyCase => {
    const at = (path: readonly PropertyKey[], message: string) =>
      issues.push(issueAt(['cases', index, ...path], message))
    const { name, tier = defaults.tier, now = defaults.now, waivers = [], breakGlass, expect } = given
    if (names.has(name)) at(['name'], `a second case named "${name}"`)
    names.add(name)
    if (tier === undefined) at([], 'it names no tier, and the defaults name none')
    if (now === undefined) at([], 'it names no time, and the defaults name none')
    given.facts?.findings?.forEach((finding, place) => {
      const read = readFinding(finding)
      if ('fault' in read) at(['facts', 'findings', place], read.fault)
    })
    const facts: CaseFacts = { ...defaults.facts, ...given.facts }
    const time = new Date(parseInstant(now ?? '', 'start') ?? 0)
    try {
      toFacts(facts, time)
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error
      at(['facts'], error.message)
    }
    let files: readonly WaiverFile[] = []
    try {
      if (waivers.length > 0) files = [defineWaivers(waivers, { source: `${source}, case "${name}"` })]
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error
      at(['waivers'], error.message)
    }
    return {
      name,
      tier: tier ?? '',
      now: time.toISOString(),
      facts,
      waivers: files,
      ...(breakGlass && { breakGlass }),
      expect,
    }
  })
  if (issues.length > 0) throw invalidDocument(source, issues)
  return cases
}
