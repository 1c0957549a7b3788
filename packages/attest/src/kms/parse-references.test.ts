import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseAwsReference } from './parse-aws-reference.ts'
import { parseAzureReference } from './parse-azure-reference.ts'
import { parseGcpReference } from './parse-gcp-reference.ts'
import { parseVaultReference } from './parse-vault-reference.ts'

const refusal = {
  code: 'KMS_REFERENCE_INVALID',
  message: expect.stringMatching(/^.{1,600}$/s) as string,
}
const uuid = '1234abcd-12ab-34cd-56ef-1234567890ab'
const arn = `arn:aws:kms:us-east-2:111122223333:key/${uuid}`
const aliasArn = 'arn:aws:kms:us-east-2:111122223333:alias/ExampleAlias'
const gcp = 'projects/p/locations/global/keyRings/r/cryptoKeys/k'

describe('parseAwsReference', () => {
  it.each([
    [`awskms:///${uuid}`, { keyId: uuid, id: uuid }],
    [`awskms://localhost:4566/${uuid}`, { endpoint: 'localhost:4566', keyId: uuid, id: uuid }],
    [`awskms:///${arn}`, { keyId: arn, region: 'us-east-2', id: uuid }],
    [`awskms://kms.example/${arn}`, { endpoint: 'kms.example', keyId: arn, region: 'us-east-2', id: uuid }],
    [`awskms:///mrk-${uuid.replaceAll('-', '')}`, { id: `mrk-${uuid.replaceAll('-', '')}` }],
    ['awskms:///alias/release/main', { keyId: 'alias/release/main', id: undefined }],
    ['awskms://localhost:4566/alias/a', { endpoint: 'localhost:4566', keyId: 'alias/a' }],
    [`awskms:///${aliasArn}`, { keyId: aliasArn, region: 'us-east-2', id: undefined }],
    [
      `awskms:///${arn.replace('aws:', 'aws-cn:').replace('us-east-2', 'cn-north-1')}`,
      { region: 'cn-north-1' },
    ],
  ])('reads %s', (reference, expected) => {
    expect(parseAwsReference(reference)).toMatchObject(expected)
  })

  it.each([
    ['no key', 'awskms:///'],
    ['no slash for the endpoint', `awskms://${uuid}`],
    ['an endpoint that begins with a dot', `awskms://.localhost:4566/${uuid}`],
    ['an endpoint with an empty label', `awskms://kms..example/${uuid}`],
    ['an endpoint of dots', `awskms://../${uuid}`],
    ['an id that is none', 'awskms:///1234'],
    ['an alias without a name', 'awskms:///alias/'],
    ['an alias with a query', 'awskms:///alias/a?b'],
    ['an endpoint with a user', 'awskms://user:secret@kms.example/alias/a'],
    [
      'another service',
      'awskms:///arn:aws:s3:us-east-2:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab',
    ],
    ['another partition', `awskms:///${arn.replace('aws', 'evil')}`],
    ['something behind it', `awskms:///${uuid}/more`],
    ['a line end', `awskms:///${uuid}\n`],
    ['another scheme', `gcpkms:///${uuid}`],
    ['nothing', ''],
  ])('refuses %s', (_, reference) => {
    expect(errorOf(parseAwsReference, reference)).toMatchObject({ ...refusal, kms: { service: 'aws-kms' } })
  })
})

describe('parseGcpReference', () => {
  it.each([
    [`gcpkms://${gcp}`, { cryptoKey: gcp, version: undefined }],
    [`gcpkms://${gcp}/versions/7`, { cryptoKey: gcp, version: '7' }],
    [`gcpkms://${gcp}/cryptoKeyVersions/12`, { cryptoKey: gcp, version: '12' }],
    [`gcpkms://${gcp.replace('/p/', '/example.com:p-1/')}`, { version: undefined }],
  ])('reads %s', (reference, expected) => {
    expect(parseGcpReference(reference)).toMatchObject(expected)
  })

  it.each([
    ['no key', 'gcpkms://projects/p/locations/global/keyRings/r'],
    ['an empty part', `gcpkms://${gcp.replace('/p/', '//')}`],
    ['a part that leads elsewhere', `gcpkms://${gcp.replace('/p/', '/../')}`],
    ['an escaped slash', `gcpkms://${gcp.replace('/p/', '/a%2fb/')}`],
    ['a version that is no number', `gcpkms://${gcp}/versions/latest`],
    ['an empty version', `gcpkms://${gcp}/versions/`],
    ['another word', `gcpkms://${gcp}/version/1`],
    ['a third slash', `gcpkms:///${gcp}`],
    ['a line end', `gcpkms://${gcp}\n`],
  ])('refuses %s', (_, reference) => {
    expect(errorOf(parseGcpReference, reference)).toMatchObject({ ...refusal, kms: { service: 'gcp-kms' } })
  })
})

describe('parseAzureReference', () => {
  const vault = 'release.vault.azure.net'
  const resource = 'https://vault.azure.net'
  it.each([
    ['azurekms://release.vault.azure.net/k', { vault, resource, name: 'k', version: undefined }],
    ['azurekms://release/k', { vault, resource, name: 'k', version: undefined }],
    ['azurekms://RELEASE/k', { vault }],
    ['azurekms://release/k/', { vault, name: 'k', version: undefined }],
    ['azurekms://release/k-1/0123abcd', { name: 'k-1', version: '0123abcd' }],
    ['azurekms://release.vault.azure.cn/k', { resource: 'https://vault.azure.cn' }],
    [
      'azurekms://hsm.managedhsm.azure.net/k',
      { vault: 'hsm.managedhsm.azure.net', resource: 'https://managedhsm.azure.net' },
    ],
    ['azurekms://gov.vault.usgovcloudapi.net/k', { resource: 'https://vault.usgovcloudapi.net' }],
  ])('reads %s', (reference, expected) => {
    expect(parseAzureReference(reference)).toMatchObject(expected)
  })

  it.each([
    ['no key', 'azurekms://release'],
    ['a vault that is not of Azure', 'azurekms://release.example/k'],
    ['a vault that only looks like one', 'azurekms://release.vault.azure.net.example/k'],
    ['a vault within a vault', 'azurekms://a.b.vault.azure.net/k'],
    ['a port', 'azurekms://release.vault.azure.net:8443/k'],
    ['a user', 'azurekms://user:secret@release.vault.azure.net/k'],
    ['a query', 'azurekms://release/k?x'],
    ['a version in other letters', 'azurekms://release/k/ABCD'],
    ['something behind it', 'azurekms://release/k/0123/sign'],
    ['a line end', 'azurekms://release/k\n'],
  ])('refuses %s', (_, reference) => {
    expect(errorOf(parseAzureReference, reference)).toMatchObject({
      ...refusal,
      kms: { service: 'azure-kms' },
    })
  })
})

describe('parseVaultReference', () => {
  it.each([
    ['hashivault://release', 'release'],
    ['hashivault://r', 'r'],
    ['hashivault://release_2.main-key', 'release_2.main-key'],
    ['openbao://release', 'release'],
  ])('reads %s', (reference, expected) => {
    expect(parseVaultReference(reference)).toBe(expected)
  })

  it.each([
    ['no key', 'hashivault://'],
    ['a path', 'hashivault://transit/release'],
    ['a path upwards', 'hashivault://..'],
    ['a dot at the end', 'hashivault://release.'],
    ['a query', 'hashivault://release?x'],
    ['an escape', 'hashivault://a%2fb'],
    ['a line end', 'hashivault://release\n'],
    ['a key of endless length', `hashivault://${'a'.repeat(100_000)}`],
  ])('refuses %s', (_, reference) => {
    expect(errorOf(parseVaultReference, reference)).toMatchObject({ ...refusal, kms: { service: 'vault' } })
  })
})

/** For each parser, what it reads, and which parts of that have to stand in the text as they are. */
const parsers = {
  aws: {
    good: [`awskms:///${arn}`, `awskms://localhost:4566/${uuid}`, 'awskms:///alias/release/main'],
    partsOf(reference: string) {
      const { endpoint, keyId } = parseAwsReference(reference)
      expect(endpoint ?? 'none').not.toMatch(/^\.|\.\./)
      return [endpoint, keyId]
    },
  },
  gcp: {
    good: [`gcpkms://${gcp}`, `gcpkms://${gcp}/versions/7`],
    partsOf(reference: string) {
      const { cryptoKey, version } = parseGcpReference(reference)
      return [cryptoKey, version]
    },
  },
  azure: {
    good: ['azurekms://release/k-1/0123abcd', 'azurekms://hsm.managedhsm.azure.net/k'],
    partsOf(reference: string) {
      const { vault, name, version } = parseAzureReference(reference)
      expect(vault).toMatch(/^[a-z0-9-]+\.(vault|managedhsm)\.(azure\.net|azure\.cn|usgovcloudapi\.net)$/)
      return [name, version]
    },
  },
  vault: {
    good: ['hashivault://release_2.main-key', 'openbao://release'],
    partsOf: (reference: string) => [parseVaultReference(reference)],
  },
}

describe('each parser', () => {
  it.each(Object.entries(parsers))(
    'of %s either reads a text or refuses it, and what it reads stands in the text',
    (_, { good, partsOf }) => {
      const piece = fc.oneof(
        fc.constantFrom(
          '/',
          '//',
          '..',
          '.',
          ':',
          '@',
          '?',
          '#',
          '%2f',
          '\\',
          '\n',
          ' ',
          '-',
          '_',
          'a',
          'B',
          '7',
        ),
        fc.string({ unit: 'binary-ascii', maxLength: 4 }),
      )
      const text = fc
        .tuple(fc.constantFrom(...good), fc.nat(), fc.nat(3), piece)
        .map(([whole, at, length, instead]) => {
          const from = at % (whole.length + 1)
          return whole.slice(0, from) + instead + whole.slice(from + length)
        })
      let reads = 0
      fc.assert(
        fc.property(fc.oneof({ arbitrary: text, weight: 5 }, fc.string()), (reference) => {
          let parts: readonly (string | undefined)[]
          try {
            parts = partsOf(reference)
          } catch (error) {
            expect(error).toMatchObject({ code: 'KMS_REFERENCE_INVALID' })
            return
          }
          reads++
          for (const part of parts) {
            if (part === undefined) continue
            expect(part).not.toMatch(/[\s?#%@\\]|(^|\/)\.\.?(\/|$)/)
            expect(reference).toContain(part)
          }
        }),
        { numRuns: 500 },
      )
      expect(reads).toBeGreaterThan(20)
    },
  )
})

function errorOf(parse: (reference: string) => unknown, reference: string): unknown {
  try {
    return parse(reference)
  } catch (error) {
    return error
  }
}
