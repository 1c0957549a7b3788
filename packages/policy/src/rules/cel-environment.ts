import type { Environment } from '@marcbachmann/cel-js'
import type { RE2JS } from 're2js'
import { loadCel, loadPatterns } from '../internal/load-libraries.ts'
import { parseSourceDate } from '../parse-instant.ts'
import { describeInput, type RuleInput } from './rule-input.ts'
import type { RuleContext } from './rule-kind.ts'

/** Iterations and the like that one evaluation may take; what needs more is an error. */
export const maxSteps = 1_000_000

const text = 'string'
const texts = 'list<string>'
const time = 'google.protobuf.Timestamp'

/** Types of CEL and their fields. A field that an image has not is absent: `has(…)` asks for it, reading it is an error. */
const types = {
  Image: {
    digest: text,
    sourceDigest: text,
    destination: text,
    repository: text,
    tag: text,
    artifactType: text,
    platform: text,
    os: text,
    architecture: text,
    user: text,
    entrypoint: texts,
    command: texts,
    environment: texts,
    ports: texts,
    volumes: texts,
    labels: 'map<string, string>',
    healthCheck: 'bool',
    created: time,
    setuid: texts,
    capabilities: 'map<string, list<string>>',
    shells: texts,
    worldWritable: texts,
  },
  Package: {
    name: text,
    version: text,
    type: text,
    purl: text,
    arch: text,
    license: text,
    usage: text,
    source: text,
    path: text,
  },
  Finding: {
    id: text,
    aliases: texts,
    purl: text,
    package: text,
    version: text,
    severity: text,
    fix: text,
    fixVersions: texts,
    usage: text,
    waived: 'bool',
    suppressed: 'bool',
    kev: 'bool',
    kevDue: time,
    epss: 'double',
    epssPercentile: 'double',
    disclosed: time,
    fixedSince: time,
    firstSeen: time,
    note: text,
  },
  Evidence: {
    kind: text,
    predicateType: text,
    digest: text,
    subject: text,
    keyId: text,
    identity: text,
    issuer: text,
    signedAt: time,
    builder: text,
    level: 'int',
    source: text,
  },
  Base: { name: text, digest: text, created: time, knownBy: text },
  Scanner: { name: text, version: text, status: text, packages: 'int' },
  Weakness: { kind: text, id: text, severity: text, title: text, path: text, suppressed: 'bool' },
  Scan: { scanners: 'list<Scanner>', weaknesses: 'list<Weakness>' },
  Distro: { id: text, version: text, codename: text, supportEnds: time },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>

/** The variables of an expression, with their types. */
const celVariables: Readonly<Record<keyof RuleInput, string>> = {
  image: 'Image',
  packages: 'list<Package>',
  findings: 'list<Finding>',
  counted: 'list<Finding>',
  evidence: 'list<Evidence>',
  base: 'Base',
  scan: 'Scan',
  distro: 'Distro',
  now: time,
  tier: text,
}

/** Names by which an expression that was rewritten reaches what counts its steps. */
export const metered = { step: '__step', matches: '__matches', contains: '__contains' } as const

/** Values of one type are instances of one class, by which the engine knows it. */
type Shape = new (fields: Readonly<Record<string, unknown>>) => object

function createShape(): Shape {
  return function assignFields(this: object, fields: Readonly<Record<string, unknown>>) {
    Object.assign(this, fields)
  } as unknown as Shape
}

const shapes = new Map(
  Object.entries(types).map(([name, fields]) => [
    name,
    { shape: createShape(), fields: Object.entries(fields) },
  ]),
)

let stepsLeft = 0

function spend(steps: number): void {
  stepsLeft -= steps
  if (stepsLeft < 0) throw new Error(`needs more than ${maxSteps} steps`)
}

/**
 * Runs an evaluation with a budget of its own. An error about steps may be absorbed by what is evaluated (`… || true`);
 * that the budget was exceeded is told all the same.
 */
export function withBudget<T>(run: () => T): { readonly value: T } | { readonly exhausted: true } {
  stepsLeft = maxSteps
  const value = run()
  return stepsLeft < 0 ? { exhausted: true } : { value }
}

const patterns = new Map<string, RE2JS>()

/** Compiles a pattern that stands in an expression. @throws where RE2 does not read it. */
export function compilePattern(pattern: string): RE2JS {
  const before = patterns.get(pattern)
  if (before) return before
  const compiled = loadPatterns().RE2JS.compile(pattern)
  if (patterns.size >= 1_000) patterns.clear()
  patterns.set(pattern, compiled)
  return compiled
}

/** The environment in which expressions are checked and evaluated: no clock, no I/O, no JavaScript expressions. */
export function createCelEnvironment(): Environment {
  const { Environment } = loadCel()
  const environment = new Environment({
    homogeneousAggregateLiterals: true,
    limits: {
      maxAstNodes: 4_000,
      maxDepth: 200,
      maxListElements: 1_000,
      maxMapEntries: 100,
      maxCallArguments: 4,
    },
  })
  // A type must be known before another one names it.
  for (const [name, { shape, fields }] of shapes)
    environment.registerType(name, { ctor: shape, fields: Object.fromEntries(fields) })
  for (const [name, type] of Object.entries(celVariables)) environment.registerVariable(name, type)
  environment.registerFunction(`${metered.step}(): bool`, () => {
    spend(1)
    return true
  })
  environment.registerFunction(
    `string.${metered.matches}(string): bool`,
    (value: string, pattern: string) => {
      spend(1 + Math.ceil(value.length / 16))
      return compilePattern(pattern).matcher(value).find()
    },
  )
  environment.registerFunction(`string.${metered.contains}(string): bool`, (value: string, part: string) => {
    spend(1 + Math.ceil(value.length / 1_024))
    return value.includes(part)
  })
  return environment
}

const known = new WeakMap<RuleContext, object>()

/** The values of the variables, each made when it is first asked for, and once for all expressions of a decision. */
export function createActivation(context: RuleContext): object {
  const before = known.get(context)
  if (before) return before

  const input = describeInput(context)
  const activation = {}
  for (const name of Object.keys(celVariables)) {
    let value: { readonly is: unknown } | undefined
    Object.defineProperty(activation, name, {
      get: () => (value ??= { is: toCel(input[name as keyof RuleInput], name) }).is,
    })
  }
  known.set(context, activation)
  return activation
}

type Convert = (value: unknown) => unknown

const toTime: Convert = (value) => {
  const at = new Date(parseSourceDate(String(value)))
  return Number.isNaN(at.getTime()) ? undefined : at
}

/**
 * Makes a plain value of a type one of CEL; `undefined` where it is that already. What is absent, or no time although it
 * should be one, is absent there.
 */
function converterOf(type: string): Convert | undefined {
  if (type === time) return toTime
  if (type === 'int') return (value) => BigInt(Math.trunc(Number(value)))
  const element = /^list<(\w+)>$/.exec(type)?.[1]
  if (element !== undefined && shapes.has(element)) {
    const convert = converterOf(element)!
    return (value) => (value as readonly unknown[]).map(convert)
  }
  const known = shapes.get(type)
  if (!known) return undefined
  const fields = known.fields.map(([field, fieldType]) => [field, converterOf(fieldType)] as const)
  const made = new WeakMap<object, object>()
  return (value) => {
    const given = value as Readonly<Record<string, unknown>>
    const before = made.get(given)
    if (before) return before
    const values: Record<string, unknown> = {}
    for (const [field, convert] of fields) {
      const plain = given[field]
      const converted = plain !== undefined && convert ? convert(plain) : plain
      if (converted !== undefined) values[field] = converted
    }
    const result = new known.shape(values)
    made.set(given, result)
    return result
  }
}

const converters = new Map(Object.entries(celVariables).map(([name, type]) => [name, converterOf(type)]))

function toCel(value: unknown, name: string): unknown {
  const convert = converters.get(name)
  return value !== undefined && convert ? convert(value) : value
}
