import { afterEach, describe, expect, it } from 'vitest'
import { fixedIdentityToken } from '../keyless/identity/given-identity-token.ts'
import { signStatement } from '../statement/sign-statement.ts'
import { createStatement, predicateTypes } from '../statement/statement.ts'
import { startFulcioDouble } from '../testing/fulcio-double.ts'
import { createIdentityToken, tokenTime } from '../testing/identity-token.ts'
import { startRekorV1Double, startRekorV2Double } from '../testing/rekor-double.ts'
import { type ScriptedService, startScriptedService } from '../testing/scripted-service.ts'
import { startTimestampDouble } from '../testing/timestamp-double.ts'
import { chooseServices } from './choose-services.ts'
import type { ConfiguredService, ServiceChoice, SigningConfig } from './signing-config.ts'
import { signingServices } from './signing-services.ts'

const statement = createStatement([{ digest: `sha256:${'ab'.repeat(32)}` }], predicateTypes.cosignSign, {})
const services: ScriptedService[] = []
afterEach(async () => {
  for (const service of services.splice(0)) await service[Symbol.asyncDispose]()
})

async function start(started: Promise<ScriptedService>): Promise<string> {
  const service = await started
  services.push(service)
  return service.url
}

function configured(url: string, fields: Partial<ConfiguredService> = {}): ConfiguredService {
  return { url, majorApiVersion: 1, validFor: { start: new Date('2025-01-01') }, operator: url, ...fields }
}

async function configOf(fields: Partial<SigningConfig>): Promise<SigningConfig> {
  const caUrls = [configured(await start(startFulcioDouble()))]
  return { caUrls, oidcUrls: [], rekorTlogUrls: [], tsaUrls: [], ...fields }
}

const options = {
  token: fixedIdentityToken(createIdentityToken()),
  clock: { now: () => tokenTime },
  retry: { attempts: 1 },
}
const broken = () => start(startScriptedService(() => ({ status: 403 })))
const authority = () => start(startTimestampDouble())

describe('signingServices', () => {
  it.each<[string, ServiceChoice, number, number, number]>([
    ['ANY: one of three', { selector: 'ANY' }, 3, 0, 1],
    ['ANY: the third, when two refuse', { selector: 'ANY' }, 1, 2, 1],
    ['ALL: each of three', { selector: 'ALL' }, 3, 0, 3],
    ['EXACT: two of three', { selector: 'EXACT', count: 2 }, 3, 0, 2],
  ])('has a signature timestamped by %s', async (_, tsaConfig, good, bad, expected) => {
    const urls = [
      ...(await Promise.all(Array.from({ length: bad }, broken))),
      ...(await Promise.all(Array.from({ length: good }, authority))),
    ]
    const config = await configOf({ tsaUrls: urls.map((url) => configured(url)), tsaConfig })
    const { signer, witnesses } = signingServices(config, options)
    const { testimony } = await signStatement(statement, signer, { witnesses })
    expect(testimony.timestamps).toHaveLength(expected)
  })

  it.each<[string, ServiceChoice, number, number, string]>([
    ['ANY: no one answers', { selector: 'ANY' }, 0, 2, 'SERVICE_UNAVAILABLE'],
    ['ALL: one of three refuses', { selector: 'ALL' }, 2, 1, 'SERVICE_REFUSED'],
    ['EXACT: one of the two refuses', { selector: 'EXACT', count: 2 }, 2, 1, 'SERVICE_REFUSED'],
  ])('fails with %s', async (_, tsaConfig, good, bad, code) => {
    const urls = [
      ...(await Promise.all(Array.from({ length: bad }, broken))),
      ...(await Promise.all(Array.from({ length: good }, authority))),
    ]
    const config = await configOf({ tsaUrls: urls.map((url) => configured(url)), tsaConfig })
    const { signer, witnesses } = signingServices(config, options)
    await expect(signStatement(statement, signer, { witnesses })).rejects.toMatchObject({ code })
  })

  it.each<[number[], (1 | 2)[] | undefined, string]>([
    [[1, 2], undefined, 'hashedrekord/0.0.2'],
    [[1], undefined, 'dsse/0.0.1'],
    [[1, 2, 3], undefined, 'hashedrekord/0.0.2'],
    [[1, 2], [1], 'dsse/0.0.1'],
  ])(
    'logs by the highest version that both speak: of %j, when %j are wanted',
    async (versions, rekorVersions, expected) => {
      const urls = [await start(startRekorV1Double()), await start(startRekorV2Double()), await broken()]
      const config = await configOf({
        rekorTlogUrls: versions.map((majorApiVersion) =>
          configured(urls[majorApiVersion - 1] ?? '', { majorApiVersion }),
        ),
        rekorTlogConfig: { selector: 'ALL' },
        tsaUrls: [configured(await authority())],
        tsaConfig: { selector: 'ANY' },
      })
      const { signer, witnesses } = signingServices(config, { ...options, rekorVersions })
      const { tlogEntries } = (await signStatement(statement, signer, { witnesses })).testimony
      expect(tlogEntries.map(({ kindVersion: { kind, version } }) => `${kind}/${version}`)).toEqual([
        expected,
      ])
    },
  )

  const any = { selector: 'ANY' } as const
  const unsupported = [configured('https://one.example', { majorApiVersion: 3 })]
  const log2 = [configured('https://log.example', { majorApiVersion: 2 })]
  const tsaUrls = [
    configured('https://one.example'),
    configured('https://two.example', { operator: 'https://one.example' }),
  ]
  it.each<[string, Partial<SigningConfig>]>([
    ['without a certificate authority', { caUrls: [], tsaUrls, tsaConfig: any }],
    ['whose certificate authority speaks another version', { caUrls: unsupported, tsaUrls, tsaConfig: any }],
    ['whose timestamp authorities speak another version', { tsaUrls: unsupported, tsaConfig: any }],
    ['whose services vouch for no time', { rekorTlogUrls: log2, rekorTlogConfig: any }],
    ['without witnesses', {}],
    ['that wants more operators than there are', { tsaUrls, tsaConfig: { selector: 'EXACT', count: 2 } }],
    ['that does not say how many to use', { tsaUrls }],
  ])('refuses a config %s', async (_, fields) => {
    const config = {
      caUrls: [configured('https://ca.example')],
      oidcUrls: [],
      rekorTlogUrls: [],
      tsaUrls: [],
      ...fields,
    }
    expect(() => signingServices(config, options)).toThrow(
      expect.objectContaining({ code: 'SIGNING_CONFIG_INVALID' }),
    )
  })
})

describe('chooseServices', () => {
  const at = (year: number): Date => new Date(Date.UTC(year, 0))
  const from = (year: number, end?: number): ConfiguredService['validFor'] => ({
    start: at(year),
    end: end === undefined ? undefined : at(end),
  })
  const now = at(2026)
  it.each<[string, readonly ConfiguredService[], readonly string[]]>([
    [
      'the newest of an operator',
      [
        configured('a', { operator: 'o', validFor: from(2024) }),
        configured('b', { operator: 'o', validFor: from(2025) }),
      ],
      ['b'],
    ],
    [
      'one of each operator, the newest first',
      [configured('a', { validFor: from(2024) }), configured('b', { validFor: from(2025) })],
      ['b', 'a'],
    ],
    [
      'none that has ended',
      [configured('a', { validFor: from(2024, 2025) }), configured('b', { validFor: from(2023) })],
      ['b'],
    ],
    ['none that begins later', [configured('a', { validFor: from(2027) })], []],
    [
      'one that begins or ends this moment',
      [configured('a', { validFor: from(2026) }), configured('b', { validFor: from(2025, 2026) })],
      ['a', 'b'],
    ],
    ['none of a lower version', [configured('a'), configured('b', { majorApiVersion: 2 })], ['b']],
    [
      'a lower version when the higher has ended',
      [configured('a'), configured('b', { majorApiVersion: 2, validFor: from(2024, 2025) })],
      ['a'],
    ],
    ['none of a version that is not spoken', [configured('a', { majorApiVersion: 3 })], []],
  ])('takes %s', (_, services, expected) => {
    expect(chooseServices(services, { versions: [1, 2], now }).map(({ url }) => url)).toEqual(expected)
  })
})
