import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseSigningConfig } from './signing-config.ts'

const file = join(
  import.meta.dirname,
  '../../../../../shared/data/sigstore/bundles/sigstore-go/examples/signing_config.v0.2.json',
)
const hasData = existsSync(file)

const service = {
  url: 'https://service.example',
  majorApiVersion: 1,
  validFor: { start: '2025-01-01T00:00:00Z' },
  operator: 'example',
}
const config = {
  mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
  caUrls: [service],
  oidcUrls: [service],
  rekorTlogUrls: [service],
  rekorTlogConfig: { selector: 'ANY' },
  tsaUrls: [service],
  tsaConfig: { selector: 'EXACT', count: 1 },
}

describe('parseSigningConfig', () => {
  it('reads services, their times and how to choose', () => {
    const { caUrls, tsaConfig, rekorTlogConfig } = parseSigningConfig(JSON.stringify(config))
    expect(caUrls).toEqual([{ ...service, validFor: { start: new Date('2025-01-01T00:00:00Z') } }])
    expect({ tsaConfig, rekorTlogConfig }).toEqual({
      tsaConfig: { selector: 'EXACT', count: 1 },
      rekorTlogConfig: { selector: 'ANY' },
    })
  })

  it.each([
    ['2025-01-01T00:00:00.123456789Z', '2025-01-01T00:00:00.123Z'],
    ['2025-01-01T01:00:00+01:00', '2025-01-01T00:00:00.000Z'],
  ])('reads the time %s', (start, expected) => {
    const json = JSON.stringify({ ...config, caUrls: [{ ...service, validFor: { start, end: null } }] })
    expect(parseSigningConfig(json).caUrls[0]?.validFor.start.toISOString()).toBe(expected)
  })

  it('reads a config without logs and timestamp authorities, and fields it does not know', () => {
    const { mediaType, caUrls } = config
    expect(parseSigningConfig(JSON.stringify({ mediaType, caUrls, more: 1 }))).toMatchObject({
      tsaUrls: [],
      rekorTlogUrls: [],
    })
  })

  const with_ = (fields: object): string => JSON.stringify({ ...config, ...fields })
  it.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['a key twice', JSON.stringify(config).replace('{', '{"caUrls":[],')],
    ['another version', with_({ mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.1+json' })],
    ['a service without a URL', with_({ caUrls: [{ ...service, url: 'service' }] })],
    ['a service of another protocol', with_({ caUrls: [{ ...service, url: 'file:///etc' }] })],
    ['a service without a version', with_({ caUrls: [{ ...service, majorApiVersion: 0 }] })],
    ['a service without an operator', with_({ caUrls: [{ ...service, operator: '' }] })],
    ['a service without a beginning', with_({ caUrls: [{ ...service, validFor: {} }] })],
    ['a time that is none', with_({ caUrls: [{ ...service, validFor: { start: '2025-13-01T00:00:00Z' } }] })],
    [
      'a time without its zone',
      with_({ caUrls: [{ ...service, validFor: { start: '2025-01-01T00:00:00' } }] }),
    ],
    ['logs without how to choose', with_({ rekorTlogConfig: undefined })],
    ['timestamp authorities without how to choose', with_({ tsaConfig: null })],
    ['another way to choose', with_({ tsaConfig: { selector: 'SERVICE_SELECTOR_UNDEFINED' } })],
    ['EXACT without a count', with_({ tsaConfig: { selector: 'EXACT' } })],
    ['EXACT none', with_({ tsaConfig: { selector: 'EXACT', count: 0 } })],
    ['too many services', with_({ caUrls: Array.from({ length: 101 }, () => service) })],
    ['more than 1 MiB', with_({ more: 'x'.repeat(1024 * 1024) })],
  ])('refuses %s', (_, json) => {
    expect(() => parseSigningConfig(json)).toThrow(
      expect.objectContaining({ code: 'SIGNING_CONFIG_INVALID' }),
    )
  })

  it('throws nothing else, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), fc.json()), (input) => {
        expect(() => parseSigningConfig(input)).toThrow(
          expect.objectContaining({ code: 'SIGNING_CONFIG_INVALID' }),
        )
      }),
    )
  })

  it('reads or refuses a config with any other value in one place', () => {
    const other = fc.oneof(
      fc.jsonValue(),
      fc.constantFrom(null, 1, 'ANY', 'https://b.example', [service], { count: 2 }),
    )
    const changed = fc.oneof(
      fc
        .tuple(fc.constantFrom(...Object.keys(config), 'more'), other)
        .map(([field, value]) => with_({ [field]: value })),
      fc
        .tuple(fc.constantFrom(...Object.keys(service), 'more'), other)
        .map(([field, value]) => with_({ tsaUrls: [service, { ...service, [field]: value }] })),
    )
    let reads = 0
    fc.assert(
      fc.property(changed, (json) => {
        try {
          for (const { url } of Object.values(parseSigningConfig(json)).flat() as { url?: string }[])
            if (url !== undefined) expect(url).toMatch(/^https?:/)
          reads++
        } catch (error) {
          expect(error).toMatchObject({ code: 'SIGNING_CONFIG_INVALID' })
        }
      }),
      { numRuns: 300 },
    )
    expect(reads).toBeGreaterThan(20)
  })

  it.skipIf(!hasData)(
    `reads a config of Sigstore${hasData ? '' : ' (skipped without ../shared/data)'}`,
    () => {
      const { caUrls, tsaUrls, rekorTlogUrls, rekorTlogConfig } = parseSigningConfig(readFileSync(file))
      expect([...caUrls, ...rekorTlogUrls, ...tsaUrls].map(({ url }) => url)).toEqual([
        'https://fulcio.sigstage.dev',
        'https://rekor.sigstage.dev',
        'https://timestamp.sigstage.dev/api/v1/timestamp',
      ])
      expect(rekorTlogConfig).toEqual({ selector: 'ANY' })
    },
  )
})
