import type { RE2JS } from 're2js'
import * as z from 'zod'
import type { Finding } from '../finding.ts'
import { loadPatterns } from '../internal/load-libraries.ts'
import { compileGlob } from './compile-glob.ts'
import type { IgnoreFile, IgnoreRule, IgnoreTerms } from './ignore-rule.ts'
import type { ParseIgnoreOptions } from './parse-trivy-ignore.ts'
import { readYaml } from './read-yaml.ts'

const text = z.string().max(4096).nullish()
const packageRule = z.looseObject({
  name: text,
  version: text,
  language: text,
  type: text,
  location: text,
  'upstream-name': text,
})
const rule = z.looseObject({
  vulnerability: text,
  'include-aliases': z.boolean().nullish(),
  reason: text,
  namespace: text,
  'fix-state': text,
  package: packageRule.nullish(),
  'vex-status': text,
  'vex-justification': text,
  'match-type': text,
})
const document = z.looseObject({ ignore: z.array(rule).max(100_000).nullish() }).nullable()
type Rule = z.infer<typeof rule>
type Condition = (finding: Finding) => boolean

/** Package types of purls by Grype's names. */
const types: ReadonlyMap<string, string> = new Map([
  ['python', 'pypi'],
  ['go-module', 'golang'],
  ['java-archive', 'maven'],
  ['jenkins-plugin', 'maven'],
  ['rust-crate', 'cargo'],
  ['php-composer', 'composer'],
  ['dotnet', 'nuget'],
  ['binary', 'generic'],
])
const languages: ReadonlyMap<string, string> = new Map([
  ['python', 'pypi'],
  ['javascript', 'npm'],
  ['go', 'golang'],
  ['java', 'maven'],
  ['ruby', 'gem'],
  ['rust', 'cargo'],
  ['php', 'composer'],
  ['dotnet', 'nuget'],
])

/**
 * Reads the `ignore` rules of a `.grype.yaml`. All conditions of a rule must hold, a rule without any ignores nothing;
 * names with special characters are patterns for the whole name. Rules that depend on what a finding here does not
 * have (`namespace`, `match-type`, or a field that nobody knows), on VEX (see `applyVex`), or on a malformed pattern never apply, and are warnings.
 *
 * @throws {ScanError} `IGNORE_FILE_INVALID` with the position; `LIMIT_EXCEEDED` above 4 MiB.
 */
export function parseGrypeIgnore(content: string, { source }: ParseIgnoreOptions): IgnoreFile {
  const value = readYaml(content, document, { source, maxBytes: 4 * 1024 * 1024 })
  const warnings: string[] = []
  const rules = (value?.ignore ?? []).map((one, index): IgnoreRule => {
    const where = `${source}, ignore[${index}]`
    const unsupported = findUnsupported(one)
    const conditions = unsupported === undefined ? conditionsOf(one) : []
    const malformed = conditions.includes(undefined)
    const never =
      unsupported !== undefined
        ? `${unsupported.slice(0, 40)} is not known of a finding`
        : malformed
          ? 'it holds a malformed pattern'
          : conditions.length === 0
            ? 'it has no condition'
            : undefined
    if (never !== undefined) warnings.push(`${where}: never applies: ${never}`)
    const all = conditions.filter((condition) => condition !== undefined)
    return {
      source: where,
      name: [one.vulnerability, one.package?.name].filter(Boolean).join(' ') || where,
      ...(one.vulnerability && one['include-aliases'] !== true && { id: one.vulnerability }),
      reason: one.reason ?? undefined,
      terms: termsOf(one, never),
      matches: (candidate) =>
        candidate.kind === 'vulnerability' &&
        !malformed &&
        all.length > 0 &&
        all.every((condition) => condition(candidate.finding)),
    }
  })
  return { rules, warnings }
}

/** A condition that cannot be judged here. Without it the rule would ignore more than it says. */
function findUnsupported(one: Rule): string | undefined {
  return (
    (['namespace', 'match-type', 'vex-status', 'vex-justification'] as const).find((key) => one[key]) ??
    Object.keys(one).find((key) => !Object.hasOwn(rule.shape, key)) ??
    Object.keys(one.package ?? {}).find((key) => !Object.hasOwn(packageRule.shape, key))
  )
}

/** The conditions of a rule; `undefined` stands for one that can't be read. */
function conditionsOf(one: Rule): readonly (Condition | undefined)[] {
  const { vulnerability, package: pkg } = one
  const aliases = one['include-aliases'] === true
  const fixState = one['fix-state']
  const conditions: (Condition | undefined)[] = []
  if (vulnerability) {
    conditions.push(
      ({ id, aliases: others }) => id === vulnerability || (aliases && others.includes(vulnerability)),
    )
  }
  if (pkg?.name) conditions.push(matchText(pkg.name, ({ package: found }) => artifactName(found)))
  if (pkg?.['upstream-name']) {
    conditions.push(matchText(pkg['upstream-name'], ({ package: { sourceName } }) => sourceName))
  }
  if (pkg?.version) {
    const { version } = pkg
    conditions.push(({ package: found }) => found.version === version)
  }
  if (pkg?.type) {
    const type = types.get(pkg.type) ?? pkg.type
    conditions.push(({ package: found }) => found.type === type)
  }
  if (pkg?.language) {
    const type = languages.get(pkg.language)
    conditions.push(({ package: found }) => found.type === type)
  }
  if (pkg?.location) {
    const pattern = compileGlob(pkg.location)
    conditions.push(pattern && (({ package: { path } }) => path !== undefined && pattern.matches(path)))
  }
  if (fixState) conditions.push(({ fix }) => fix.state === fixState)
  return conditions
}

function termsOf(one: Rule, never: string | undefined): IgnoreTerms {
  const { vulnerability, package: pkg } = one
  const { name, type, language, version, location, 'upstream-name': sourceName } = pkg ?? {}
  return {
    kind: 'vulnerability',
    id: vulnerability || undefined,
    aliases: one['include-aliases'] === true,
    paths: location ? [location] : undefined,
    package: pkg
      ? {
          name: name || undefined,
          version: version || undefined,
          type: type ? (types.get(type) ?? type) : undefined,
          language: language ? (languages.get(language) ?? language) : undefined,
          sourceName: sourceName || undefined,
          isPattern: special.test(name ?? '') || special.test(sourceName ?? ''),
        }
      : undefined,
    fixState: one['fix-state'] || undefined,
    never,
  }
}

/** Grype names a Java package by its artifact alone. */
function artifactName({ type, name }: Finding['package']): string {
  return type === 'maven' ? name.slice(name.lastIndexOf(':') + 1) : name
}

const special = /[\^$*+?[\](){}|\\]/

function matchText(wanted: string, read: (finding: Finding) => string | undefined): Condition | undefined {
  if (!special.test(wanted)) return (finding) => read(finding) === wanted
  const { RE2JS: engine } = loadPatterns()
  let pattern: RE2JS
  try {
    pattern = engine.compile(wanted)
  } catch {
    return undefined
  }
  return (finding) => {
    const found = read(finding)
    return found !== undefined && pattern.matches(found)
  }
}
