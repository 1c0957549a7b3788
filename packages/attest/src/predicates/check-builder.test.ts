import { describe, expect, it } from 'vitest'
import type { EvidenceSigner } from '../verify/evidence-signer.ts'
import { findBuildSource, parseSourceUri } from './build-source.ts'
import { checkBuilder, type CheckBuilderOptions } from './check-builder.ts'
import { predicateKinds } from './predicate-kinds.ts'

const builder = 'https://github.com/acme/builders/.github/workflows/build.yml@refs/tags/v1'
const buildType = 'https://slsa-framework.github.io/github-actions-buildtypes/workflow/v1'
const workflow = {
  ref: 'refs/heads/main',
  repository: 'https://github.com/acme/app',
  path: '.github/workflows/r.yml',
}
const build = (externalParameters: Record<string, unknown>) =>
  predicateKinds.provenance.build({ buildType, externalParameters, builder: { id: builder } })
const provenance = build({ workflow, inputs: {} })
const signer: EvidenceSigner = { kind: 'certificate', issuer: 'https://issuer', subject: builder, claims: {} }
const options: CheckBuilderOptions = { builders: { [builder]: 3 }, signer }
const source = { uri: 'github.com/acme/app' }

describe('checkBuilder', () => {
  const check = (more: object, said = provenance) => checkBuilder(said, { ...options, ...more })

  it.each<[string, object]>([
    ['the builder alone', {}],
    ['the certificate of the builder', { builders: { [builder]: { maxLevel: 3, signedBy: 'subject' } } }],
    ['a signer by a rule', { builders: { [builder]: { maxLevel: 3, signedBy: () => true } } }],
    ['the source', { source }],
    ['the source as URI', { source: { uri: 'git+https://github.com/acme/app.git' } }],
    ['source and branch', { source: { ...source, branch: 'main' } }],
    ['source and ref', { source: { uri: 'git+https://github.com/acme/app@refs/heads/main' } }],
    ['the build type', { buildTypes: [buildType] }],
    ['the external parameters', { externalParameters: ['workflow', 'inputs', 'vars'] }],
  ])('accepts %s', (_, more) => {
    expect(check(more)).toEqual({ ok: true, level: 3, problems: [] })
  })

  it.each<[string, object, string]>([
    ['an unknown builder', { builders: { [`${builder}.1`]: 3 } }, 'builder-untrusted'],
    ['no builders', { builders: {} }, 'builder-untrusted'],
    [
      'a key where the certificate counts',
      { signer: { kind: 'key', keyId: 'k' }, builders: { [builder]: { maxLevel: 3, signedBy: 'subject' } } },
      'signer-mismatch',
    ],
    [
      'a certificate of another',
      {
        signer: { ...signer, subject: `${builder}0` },
        builders: { [builder]: { maxLevel: 3, signedBy: 'subject' } },
      },
      'signer-mismatch',
    ],
    [
      'a signer that the rule refuses',
      { builders: { [builder]: { maxLevel: 3, signedBy: () => false } } },
      'signer-mismatch',
    ],
    ['another build type', { buildTypes: [`${buildType}/x`] }, 'build-type-mismatch'],
    ['a parameter that nobody knows', { externalParameters: ['workflow'] }, 'parameter-unknown'],
    ['another repository', { source: { uri: 'github.com/acme/app2' } }, 'source-mismatch'],
    ['another host', { source: { uri: 'gitlab.com/acme/app' } }, 'source-mismatch'],
    ['an expected source that is none', { source: { uri: '' } }, 'source-mismatch'],
    ['another branch', { source: { ...source, branch: 'mai' } }, 'ref-mismatch'],
    ['a branch where a tag was expected', { source: { ...source, tag: 'main' } }, 'ref-mismatch'],
    ['another ref', { source: { uri: 'github.com/acme/app@refs/tags/v1' } }, 'ref-mismatch'],
  ])('refuses %s, and gives no level', (_, more, code) => {
    expect(check(more)).toMatchObject({ ok: false, level: 0, problems: [{ code }] })
  })

  it('gives no more than the level that the builder is trusted with', () => {
    expect(check({ builders: { [builder]: 1 } }).level).toBe(1)
  })

  it('does not take a name of every object for a builder', () => {
    const said = predicateKinds.provenance.build({
      buildType,
      externalParameters: {},
      builder: { id: 'constructor' },
    })
    expect(check({}, said).problems).toMatchObject([{ code: 'builder-untrusted' }])
  })

  it('does not take a resolved dependency for the source', () => {
    const said = predicateKinds.provenance.build({
      buildType,
      externalParameters: {},
      resolvedDependencies: [{ uri: 'git+https://github.com/acme/app@refs/heads/main' }],
      builder: { id: builder },
    })
    expect(check({ source }, said).problems).toMatchObject([{ code: 'source-unknown' }])
  })

  it('gets to see no parameter by a name that libraries drop', () => {
    const text = JSON.stringify(provenance).replace('"inputs":{}', '"__proto__":{"evil":true}')
    expect(() => predicateKinds.provenance.parse(text)).toThrow(/__proto__/)
  })

  const old = (parameters: unknown) =>
    predicateKinds.provenanceV02.parse({ builder: { id: builder }, buildType, invocation: { parameters } })
  it.each([
    ['accepts no', undefined, []],
    ['accepts empty', {}, []],
    ['refuses unknown', { evil: true }, ['parameter-unknown']],
    ['refuses unnamed', ['evil'], ['parameter-unknown']],
  ])('%s parameters of provenance v0.2', (_, parameters, problems) => {
    const { problems: found } = checkBuilder(old(parameters), { ...options, externalParameters: [] })
    expect(found.map(({ code }) => code)).toEqual(problems)
  })
})

describe('findBuildSource', () => {
  const repository = 'https://github.com/acme/app'
  it.each([
    ['a workflow', { workflow }, { repository, ref: 'refs/heads/main' }],
    [
      'a build configuration',
      { buildConfigSource: { repository, ref: 'refs/tags/v1' } },
      { repository, ref: 'refs/tags/v1' },
    ],
    [
      'a source',
      { source: { uri: `git+${repository}@refs/heads/main` } },
      { repository, ref: 'refs/heads/main' },
    ],
    ['a source as text', { source: 'github.com/acme/app' }, { repository }],
    ['nothing', {}, undefined],
    ['a source of another type', { source: 7 }, undefined],
    ['a local path', { source: '/srv/app' }, undefined],
    ['credentials in the URI', { source: 'https://user:pass@github.com/acme/app' }, undefined],
    ['another protocol', { source: 'http://github.com/acme/app' }, undefined],
  ])('finds the source in %s', (_, parameters, expected) => {
    expect(findBuildSource(build(parameters))).toEqual(expected)
  })

  it.each([
    ['git+https://github.com/acme/app@refs/heads/main', { repository, ref: 'refs/heads/main' }],
    ['https://github.com/acme/app.git', { repository }],
    ['https://github.com/acme/app/', { repository }],
    ['https://GitHub.com/acme/app', { repository }],
  ])('reads %s as the repository', (uri, expected) => {
    expect(parseSourceUri(uri)).toEqual(expected)
  })

  it.each([
    'https://github.com/Acme/app',
    'https://github.com/acme/app2',
    'https://github.com/acme/app/../app2',
    'https://github.com/evil/x/../../acme/app',
    'https://github.com//acme/app',
    'https://github.com/acme%2fapp',
    'https://github.com.evil.example/acme/app',
    'https://github.com:8443/acme/app',
    'https://github.com@evil.example/acme/app',
    'https://evil.example/?https://github.com/acme/app',
    'https://evil.example/#https://github.com/acme/app',
    'https://evil.example/x@https://github.com/acme/app',
    'https:\\\\github.com\\acme\\app',
    'git+ssh://git@github.com/acme/app',
    ' https://github.com/acme/app',
    'https://github.com/acme/app\n',
  ])('does not take %j for the repository', (uri) => {
    expect(parseSourceUri(uri)?.repository).not.toBe(repository)
  })

  it('ends soon on a long URI', () => {
    expect(parseSourceUri(`github.com/${'a.git/'.repeat(20_000)}?`)).toBeUndefined()
  })
})
