import { parsePurl, purlNames } from '../vex/match-purl.ts'
import type { PackageURL } from 'packageurl-js'
import * as z from 'zod'
import { ScanError } from '../errors.ts'
import { compileGlob } from './compile-glob.ts'
import { type Ignorable, idOf, type IgnoreFile, type IgnoreRule, type TextPattern } from './ignore-rule.ts'
import { readYaml } from './read-yaml.ts'

/** Options of the parsers of ignore files. */
export interface ParseIgnoreOptions {
  /** Name of the file, part of every message. */
  readonly source: string
}

const maxBytes = 4 * 1024 * 1024

/**
 * Reads a `.trivyignore`: an id a line, `exp:YYYY-MM-DD` behind it ends it at the start of that day (UTC). An id counts
 * exactly as reported, for vulnerabilities, misconfiguration, secrets and licences alike; aliases do not count.
 *
 * As in Trivy, a line whose date is none is left out, and any other word behind the id means nothing: both are
 * warnings here.
 *
 * @throws {ScanError} `LIMIT_EXCEEDED` above 4 MiB.
 */
export function parseTrivyIgnore(text: string, { source }: ParseIgnoreOptions): IgnoreFile {
  if (Buffer.byteLength(text) > maxBytes) {
    throw new ScanError('LIMIT_EXCEEDED', `${source}: more than ${maxBytes} bytes`)
  }
  const rules: IgnoreRule[] = []
  const warnings: string[] = []
  for (const [index, line] of text.split('\n').entries()) {
    const [id, ...fields] = line.trim().split(/\s+/)
    if (id === undefined || id === '' || id.startsWith('#')) continue
    const where = `${source}, line ${index + 1}`
    const date = fields.find((field) => field.startsWith('exp:'))?.slice('exp:'.length)
    const expires = date === undefined ? undefined : toDay(date)
    if (date !== undefined && expires === undefined) {
      warnings.push(`${where}: ${id} is not ignored, its date is none: write exp:YYYY-MM-DD`)
      continue
    }
    const odd = fields.find((field) => !field.startsWith('exp:'))
    if (odd !== undefined && date === undefined) {
      warnings.push(`${where}: ${id} is ignored for ever, ${JSON.stringify(odd.slice(0, 40))} means nothing`)
    }
    rules.push({
      source: where,
      name: id,
      id,
      expires,
      terms: { id, aliases: false },
      matches: (candidate) => idOf(candidate) === id,
    })
  }
  return { rules, warnings }
}

function toDay(text: string): string | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined
  const time = new Date(`${text}T00:00:00Z`)
  return Number.isNaN(time.getTime()) || !time.toISOString().startsWith(text) ? undefined : time.toISOString()
}

const entry = z.looseObject({
  id: z.string(),
  paths: z.array(z.string()).max(10_000).nullish(),
  purls: z.array(z.string()).max(10_000).nullish(),
  expired_at: z.union([z.string(), z.date()]).nullish(),
  statement: z.string().nullish(),
})
const entries = z.array(entry).max(100_000).nullish()
const document = z
  .looseObject({
    vulnerabilities: entries,
    misconfigurations: entries,
    secrets: entries,
    licenses: entries,
  })
  .nullable()
type Entry = z.infer<typeof entry>

const sections = [
  ['vulnerabilities', 'vulnerability'],
  ['misconfigurations', 'misconfiguration'],
  ['secrets', 'secret'],
  ['licenses', 'license'],
] as const

/**
 * Reads a `.trivyignore.yaml`: ids by kind of finding, each limited to `paths` (patterns) and, for vulnerabilities,
 * `purls` (name, and version and qualifiers where given), until `expired_at`. Paths are compared as Trivy has them:
 * relative, and none for packages of a distribution. Unlike in Trivy, a finding without a readable purl is never
 * ignored by an entry that has some.
 *
 * @throws {ScanError} `IGNORE_FILE_INVALID` with the position; `LIMIT_EXCEEDED` above 4 MiB.
 */
export function parseTrivyIgnoreYaml(text: string, { source }: ParseIgnoreOptions): IgnoreFile {
  const value = readYaml(text, document, { source, maxBytes })
  const rules: IgnoreRule[] = []
  const warnings: string[] = []
  for (const [section, kind] of sections) {
    for (const [index, one] of (value?.[section] ?? []).entries()) {
      const where = `${source}, ${section}[${index}]`
      rules.push(toRule(one, kind, where))
      for (const key of Object.keys(one)) {
        if (!(key in entry.shape)) {
          warnings.push(
            `${where}: ${JSON.stringify(key.slice(0, 40))} means nothing: ${one.id} is ignored without it`,
          )
        }
      }
    }
  }
  return { rules, warnings }
}

function toRule(
  { id, paths, purls, expired_at: expired, statement }: Entry,
  kind: Ignorable['kind'],
  where: string,
): IgnoreRule {
  const invalid = (what: string) => new ScanError('IGNORE_FILE_INVALID', `${where}: ${what}`)
  const patterns = (paths ?? []).map((pattern): TextPattern => {
    const compiled = compileGlob(pattern)
    if (compiled === undefined) throw invalid(`not a path pattern: ${JSON.stringify(pattern.slice(0, 80))}`)
    return compiled
  })
  const stated = (purls ?? []).map((purl): PackageURL => {
    const parsed = parsePurl(purl)
    if (parsed === undefined) throw invalid(`not a purl: ${JSON.stringify(purl.slice(0, 80))}`)
    return parsed
  })
  const expires = toTime(expired ?? undefined)
  if (expires === null) throw invalid('expired_at is no date')
  return {
    source: where,
    name: id,
    id,
    reason: statement ?? undefined,
    expires,
    terms: { kind, id, aliases: false, purls: purls ?? undefined, paths: paths ?? undefined },
    matches: (candidate) =>
      candidate.kind === kind &&
      idOf(candidate) === id &&
      (patterns.length === 0 || patterns.some((pattern) => pattern.matches(pathOf(candidate)))) &&
      (stated.length === 0 ||
        candidate.kind !== 'vulnerability' ||
        namesPackage(stated, candidate.finding.package.purl)),
  }
}

function toTime(value: string | Date | undefined): string | undefined | null {
  if (value === undefined) return undefined
  const time = typeof value === 'string' ? new Date(toDay(value) ?? value) : value
  return Number.isNaN(time.getTime()) ? null : time.toISOString()
}

function namesPackage(stated: readonly PackageURL[], purl: string): boolean {
  const found = parsePurl(purl)
  return found !== undefined && stated.some((one) => purlNames(one, found))
}

const systemTypes: ReadonlySet<string> = new Set(['deb', 'apk', 'rpm'])

function pathOf(candidate: Ignorable): string {
  const path =
    candidate.kind !== 'vulnerability'
      ? candidate.weakness.path
      : systemTypes.has(candidate.finding.package.type)
        ? undefined
        : candidate.finding.package.path
  return (path ?? '').replace(/^\//, '')
}
