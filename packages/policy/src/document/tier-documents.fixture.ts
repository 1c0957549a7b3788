import * as fc from 'fast-check'

export const severities = ['unknown', 'low', 'high', 'critical'] as const
export const fixes = ['fixed', 'not-fixed', 'wont-fix'] as const
export const usages = ['executed', 'linked', 'present'] as const
export const gaps = ['UNREADABLE', 'DATABASE_MISSING', 'NO_PACKAGES', 'DISTRO_UNKNOWN'] as const
const presence = fc.constantFrom('required', 'ifPresent')
const some = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }, required: (keyof T)[] = []) =>
  fc.record(fields, { requiredKeys: required })
const chosen = <T>(...values: T[]) => fc.subarray(values, { minLength: 1 })

/** Two of the fields at most: of an image that all of them judge, nothing would pass. */
const few = <T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc
    .subarray(Object.keys(fields) as (keyof T)[], { maxLength: 2 })
    .chain((keys) =>
      fc.record(
        Object.fromEntries(keys.map((key) => [key, fields[key]])) as Record<string, fc.Arbitrary<unknown>>,
      ),
    )

/** What any rule may say; mostly it enforces. */
const settings = {
  mode: fc.constantFrom('enforce', 'enforce', 'enforce', 'warn', 'off'),
  enforceFrom: fc.constantFrom('2026-01-01', '2027-01-01'),
  when: fc.constantFrom('image.os == "linux"', 'image.os == "windows"'),
  appliesTo: fc.constantFrom(['image'], ['*'], ['im*'], ['application/vnd.oci.image.manifest.v1+json']),
}

const threshold = (name: string) =>
  some({
    ...settings,
    severity: chosen(...severities),
    fix: chosen(...fixes),
    usage: chosen(...usages),
    age: fc.record({
      since: fc.constantFrom('disclosure', 'fix'),
      atLeast: fc.constantFrom('0m', '7d', '400d'),
    }),
    max: fc.integer({ min: 0, max: 3 }),
  }).map((fields) => ({ name, ...fields }))

const preconditions = few({
  packages: some({ ...settings, atLeast: fc.integer({ min: 1, max: 3 }) }),
  dataAge: some({ ...settings, atMost: fc.constantFrom('1h', '5d', '40d') }),
  drop: some({ ...settings, atMost: fc.integer({ min: 0, max: 2 }) }),
  platforms: some({ mode: settings.mode }),
  coverage: some({ mode: settings.mode }),
  subject: some({ mode: settings.mode, appliesTo: settings.appliesTo }),
})

const signers = chosen({ key: 'a' }, { key: 'b' }, { key: 'a*' })
const builder = some({ id: fc.constantFrom('ci', 'c*'), level: fc.integer({ min: 0, max: 3 }), signers }, [
  'id',
])
const scanner = some({ name: fc.constant('sallyport'), minVersion: fc.constantFrom('0.9', '1', '2') }, [
  'name',
])
const requirements = few({
  signatures: some({ ...settings, presence, signers, atLeast: fc.integer({ min: 1, max: 2 }) }),
  provenance: some({
    presence,
    builders: fc.array(builder, { minLength: 1, maxLength: 2 }),
    minLevel: fc.integer({ min: 0, max: 3 }),
    signers,
  }),
  evidenceAge: some({ signature: fc.record({ presence, maxAge: fc.constantFrom('1h', '400d') }) }),
  scanners: some({ required: fc.array(scanner, { minLength: 1, maxLength: 2 }) }),
  packages: some({
    min: fc.integer({ min: 1, max: 3 }),
    forbidden: chosen('pkg:deb/debian/zlib1g', 'pkg:npm/a'),
  }),
  distro: some({ allow: chosen('debian', 'debian:12', 'none'), deny: chosen('debian', 'alpine') }),
  licenses: some({ allow: chosen('MIT', 'GPL-*'), unknown: fc.constantFrom('allow', 'deny') }),
  secrets: some({ except: chosen({ path: '/a*', reason: 'r' }, { path: '/a', rule: 'x', reason: 'r' }) }),
  misconfigurations: some({ max: fc.record({ high: fc.integer({ min: 0, max: 1 }) }) }),
  config: some({ user: fc.constantFrom('non-root', 'numeric-non-root'), volumes: fc.constant('none') }),
  labels: some({ required: chosen({ key: 'owner' }, { key: 'owner', value: 'team*' }) }),
  platforms: some({ required: chosen('linux/amd64', 'linux/arm64'), source: fc.constant('all') }),
  base: some({ presence, allow: chosen('debian', 'd*'), maxAge: fc.constantFrom('1d', '400d') }),
})

/** A tier with rules of most kinds, not all of which may stand beside each other. */
export const tier = some({
  preconditions,
  thresholds: fc
    .tuple(threshold('a'), threshold('b'), threshold('c'))
    .chain((all) => fc.subarray(all, { maxLength: 2 })),
  requirements,
  waivers: some({
    allowed: fc.boolean(),
    maxLifetime: fc.constantFrom('1d', '90d'),
    approverRequired: fc.boolean(),
  }),
  breakGlass: some({
    allowed: fc.boolean(),
    maxLifetime: fc.constantFrom('1h', '24h'),
    actors: chosen('ada', 'bob'),
  }),
  trace: some({ coverage: fc.constantFrom('complete', 'partial') }),
  accept: fc.subarray(
    gaps.flatMap((gap) => ['*', 'prod.example/*'].map((images) => ({ gap, images, reason: 'r' }))),
    { maxLength: 4 },
  ),
})
