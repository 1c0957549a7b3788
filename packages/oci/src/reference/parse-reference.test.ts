import { formatReference } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { sharedCases } from '../testing/shared-cases.ts'
import { checkRepositoryName, parseReference } from './parse-reference.ts'

interface Row {
  readonly name: string
  readonly input: string
  readonly expect:
    | { valid: true; registry: string; repository: string; tag: string | null; digest: string | null }
    | { valid: false }
}

const rows = sharedCases<Row>('reference')

describe.skipIf(rows.length === 0)('parseReference, shared table', () => {
  it.each(rows)('$name', ({ input, expect: expected }) => {
    if (!expected.valid) {
      expect(() => parseReference(input, { defaultRegistry: 'docker.io' })).toThrowError(
        expect.objectContaining({ name: 'OciError', code: 'REFERENCE_INVALID' }),
      )
      return
    }
    const { registry, repository, tag, digest } = parseReference(input, { defaultRegistry: 'docker.io' })
    expect({ registry, repository, tag: tag ?? null, digest: digest ?? null }).toEqual({
      registry: expected.registry,
      repository: expected.repository,
      tag: expected.tag ?? null,
      digest: expected.digest ?? null,
    })
  })
})

describe('parseReference', () => {
  const hex = 'a'.repeat(64)

  it.each([
    ['registry.example/app', { registry: 'registry.example', repository: 'app' }],
    [
      'registry.example:5000/team/app:1.4',
      { registry: 'registry.example:5000', repository: 'team/app', tag: '1.4' },
    ],
    ['[::1]:5000/app:v1', { registry: '[::1]:5000', repository: 'app', tag: 'v1' }],
    [
      `localhost/app:v1@sha256:${hex}`,
      { registry: 'localhost', repository: 'app', tag: 'v1', digest: `sha256:${hex}` },
    ],
    [
      `r.example/app@sha512:${hex}${hex}`,
      { registry: 'r.example', repository: 'app', digest: `sha512:${hex}${hex}` },
    ],
    ['docker.io/alpine:3', { registry: 'docker.io', repository: 'library/alpine', tag: '3' }],
    ['index.docker.io/team/app', { registry: 'docker.io', repository: 'team/app' }],
  ])('reads %s', (text, expected) => {
    expect(parseReference(text)).toEqual(expected)
  })

  it.each([
    'alpine',
    'team/app:1',
    '',
    'r.example/App',
    'r.example/app:',
    'r.example/a@sha256:abc',
    'r.example/../x',
  ])('refuses %j without a default registry', (text) => {
    expect(() => parseReference(text)).toThrowError(expect.objectContaining({ code: 'REFERENCE_INVALID' }))
  })

  it('takes another default registry without the rules of Docker Hub', () => {
    expect(parseReference('app:1', { defaultRegistry: 'prod.example' })).toEqual({
      registry: 'prod.example',
      repository: 'app',
      tag: '1',
    })
  })

  it('answers a text of a million characters at once', () => {
    expect(() => parseReference('a-'.repeat(500_000))).toThrowError(/at most/)
  })

  it.each([
    'https://user:secret@r.example/app',
    'user:secret@r.example/app',
    'user:secret@r.example:5000/app:1@sha256:x',
    'secret@r.example',
  ])('hides credentials in its message (%s)', (text) => {
    expect(() => parseReference(text)).toThrowError(
      expect.objectContaining({
        message: expect.not.stringContaining('secret'),
        reference: expect.not.stringContaining('secret'),
      }),
    )
  })

  it('reads back what formatReference writes', () => {
    const text = `r.example:5000/a/b:t@sha256:${hex}`
    expect(formatReference(parseReference(text))).toBe(text)
  })
})

describe('checkRepositoryName', () => {
  it.each([
    { registry: 'r.example', repository: '../x' },
    { registry: 'r.example/x', repository: 'app' },
    { registry: 'r.example', repository: 'app:tag' },
    { registry: 'evil@r.example', repository: 'app' },
    { registry: 'plain', repository: 'app' },
  ])('refuses $registry and $repository', (name) => {
    expect(() => checkRepositoryName(name)).toThrowError(
      expect.objectContaining({ code: 'REFERENCE_INVALID' }),
    )
  })
})
