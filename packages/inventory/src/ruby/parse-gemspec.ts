import { maxDependencies } from '../internal/limits.ts'
import { quote } from '../internal/quote.ts'
import { spdxOrUnknown } from '../spdx-expression.ts'

/** What the specification of a gem says that matters here. */
export interface Gemspec {
  readonly name: string
  readonly version: string
  /** `ruby` for gems of any platform. */
  readonly platform: string
  readonly license: string
  /** Names of the gems that it needs at run time; at most 2,000. */
  readonly needs: readonly string[]
}

const header = /^\s*Gem::Specification\.new do \|([a-z_][a-z0-9_]{0,30})\|\s*$/
const assignment = /^\s*([a-z_][a-z0-9_]{0,30})\.([a-z_]+)\s*=(?!=)(.*)$/
const dependency =
  /^\s*([a-z_][a-z0-9_]{0,30})\.add_(runtime_)?dependency\(?\s*(?:%q<([^<>]*)>|"([^"\\#]*)"|'([^'\\]*)')/
const text = /^(?:"([^"\\#]*)"|'([^'\\]*)')(?:\.freeze)?$/

/**
 * Reads the specification that RubyGems writes of an installed gem, line by line: assignments of plain texts. It is a
 * program; nothing of it is run, and what only running it could tell is refused.
 *
 * @throws {SyntaxError} when name or version are missing, not plain texts, or assigned twice differently.
 */
export function parseGemspec(source: string): Gemspec {
  const fields = new Map<string, string>()
  const needs = new Set<string>()
  const lines = source.split(/\r?\n/)
  let variable: string | undefined
  // Old files list needs twice: for RubyGems that know add_runtime_dependency, and then all of them as one kind.
  let isForOld = false
  for (const line of lines) {
    variable ??= header.exec(line)?.[1]
    if (variable === undefined) continue
    if (/^\s*else\s*$/.test(line)) isForOld = true
    else if (/^\s*end\s*$/.test(line)) isForOld = false
    const [, owner, field, value] = assignment.exec(line) ?? []
    if (owner === variable && field !== undefined) assign(fields, field, value!.trim())
    const need = dependency.exec(line)
    if (need?.[1] !== variable || isForOld || needs.size >= maxDependencies) continue
    needs.add(need[3] ?? need[4] ?? need[5]!)
  }
  if (variable === undefined) throw new SyntaxError('expected Gem::Specification.new')
  const name = toText(fields, 'name')
  const version = toText(fields, 'version')
  if (name === undefined || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,255}$/.test(name)) {
    throw new SyntaxError(`not a name of a gem: ${quote(fields.get('name') ?? '')}`)
  }
  if (version === undefined || !/^[0-9A-Za-z][0-9A-Za-z.-]{0,255}$/.test(version)) {
    throw new SyntaxError(`not a version of ${name}: ${quote(fields.get('version') ?? '')}`)
  }
  const platform = toText(fields, 'platform') ?? 'ruby'
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,100}$/.test(platform)) {
    throw new SyntaxError(`not a platform of ${name}: ${quote(platform)}`)
  }
  return { name, version, platform, license: toLicense(fields), needs: [...needs] }
}

function assign(fields: Map<string, string>, field: string, value: string): void {
  const isIdentity = field === 'name' || field === 'version' || field === 'platform'
  if (isIdentity && fields.has(field) && fields.get(field) !== value) {
    throw new SyntaxError(`${field} is assigned twice`)
  }
  fields.set(field, value)
}

function toText(fields: ReadonlyMap<string, string>, field: string): string | undefined {
  const value = fields.get(field)
  // Gem::Platform::RUBY is what is meant without it.
  if (value === undefined || value === 'Gem::Platform::RUBY') return undefined
  const match = text.exec(value)
  if (!match) throw new SyntaxError(`${field} is no plain text: ${quote(value)}`)
  return match[1] ?? match[2]
}

/** One licence as it is. Of several nobody says whether all hold or which one chooses. */
function toLicense(fields: ReadonlyMap<string, string>): string {
  const list = /^\[([^[\]]*)\]$/.exec(fields.get('licenses') ?? '')?.[1]
  const value = text.exec((list ?? fields.get('license') ?? '').trim())
  return spdxOrUnknown(value?.[1] ?? value?.[2])
}
