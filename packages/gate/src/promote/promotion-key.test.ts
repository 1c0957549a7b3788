import { generateSigningKey, keySigner } from '@sallyport/attest'
import { type Digest, digestOf } from '@sallyport/core'
import type { UsageEvidence } from '@sallyport/harden/evidence'
import { folderMirror, type PatchSource } from '@sallyport/harden/patch'
import { builtinScanner, parseAdvisories, type Scanner } from '@sallyport/scan'
import { grypeScanner } from '@sallyport/scan/grype'
import { parseTrivyIgnoreYaml } from '@sallyport/scan/ignore'
import { osvScanner } from '@sallyport/scan/osv-scanner'
import { trivyScanner, trivyServerScanner } from '@sallyport/scan/trivy'
import { describe, expect, it } from 'vitest'
import { sqliteJournal } from '../journal/sqlite-journal.ts'
import { sqliteQuarantine } from '../quarantine/sqlite-quarantine.ts'
import type { PromoteOptions } from './options.ts'
import { promotionKey } from './promotion-key.ts'
import { criticalAdvisory } from './debian-image.fixture.ts'
import { noCritical, scannerFor } from './test-gate.fixture.ts'

const newSigner = () => keySigner(generateSigningKey().privateKey)
const signer = { evidence: newSigner(), release: newSigner() }
const options: PromoteOptions = {
  from: 'build.example/app:1',
  to: 'prod.example/app:1',
  tier: 'prod',
  policy: noCritical(),
  scanners: [scannerFor('hello')],
  signer,
  journal: sqliteJournal(':memory:'),
  quarantine: sqliteQuarantine(':memory:'),
}
const recording: UsageEvidence = {
  source: 'strace',
  images: [digestOf('source')],
  coverage: 'partial',
  observes: ['exec'],
  records: [],
  missing: [],
  gaps: [],
}
const suite: PatchSource = {
  type: 'deb',
  mirror: folderMirror('/nowhere'),
  suite: 'bookworm',
  components: ['main'],
  keyring: 'key',
}
const source = digestOf('source')
const keyOf = (all: PromoteOptions, digest: Digest, to: string) => promotionKey(all, all, digest, to)
const key = keyOf(options, source, options.to)

describe('promotionKey', () => {
  it.each<[string, Partial<PromoteOptions>]>([
    ['another spelling of the source', { from: `build.example/app@${source}` }],
    ['the defaults written out', { harden: false, evidenceMode: 'both', fileManifest: false }],
    [
      'other folders, times and listeners',
      { workDirectory: '/tmp', evidenceMaxAgeMs: 1, onProgress: () => {} },
    ],
  ])('is the same for %s', (_title, changes) => {
    expect(keyOf({ ...options, ...changes }, source, options.to)).toBe(key)
  })

  it.each<[string, Partial<PromoteOptions>]>([
    ['tier', { tier: 'staging' }],
    ['policy', { policy: noCritical('    preconditions: { dataAge: { atMost: 48h } }') }],
    ['hardening', { harden: true }],
    ['way of hardening', { harden: { mode: 'relaxed' } }],
    ['choice of platforms', { platforms: ['linux/amd64'] }],
    ['set of scanners', { scanners: [] }],
    ['evidence key', { signer: { ...signer, evidence: newSigner() } }],
    ['release key', { signer: { ...signer, release: newSigner() } }],
    ['form of the evidence', { evidenceMode: 'bundle' }],
    ['list of files', { fileManifest: true }],
    ['leave for lazy layers', { unsafeAllowLazyLayers: true }],
    ['verifier', { verifierId: 'https://gate.example' }],
    ['trust in evidence of the source', { sourceTrust: { keys: ['key'] } }],
    ['base', { bases: [{ name: 'debian', digest: source, diffIds: [source] }] }],
  ])('differs with another %s', (_title, changes) => {
    expect(keyOf({ ...options, ...changes }, source, options.to)).not.toBe(key)
  })

  it('tells ignore rules by all that they are about', () => {
    const ignoring = (text: string) => ({
      ignore: [{ ...parseTrivyIgnoreYaml(text, { source: '.trivyignore.yaml' }), owner: 'team' }],
    })
    const rules = ['', ', paths: [a]', ', paths: [b]', ', purls: ["pkg:deb/debian/hello"]']
    const keys = rules.map((rest) =>
      keyOf({ ...options, ...ignoring(`vulnerabilities: [{ id: CVE-2026-1${rest} }]`) }, source, options.to),
    )
    expect(new Set(keys).size).toBe(rules.length)
  })

  it('tells each of the ways to harden from the others', () => {
    const choices: readonly PromoteOptions['harden'][] = [
      {},
      { evidence: [recording] },
      { evidence: [{ ...recording, coverage: 'complete' }] },
      { patch: { sources: [suite] } },
      { patch: { sources: [{ ...suite, keyring: 'other' }] } },
      { patch: { sources: [suite], only: ['app'] } },
      { smoke: { elsewhere: 'staging' } },
      { strip: true },
      { drop: ['app'] },
    ]
    const keys = choices.map((harden) => keyOf({ ...options, harden }, source, options.to))
    expect(new Set(keys).size).toBe(choices.length)
  })

  it('tells scanners by the options that change what they find, or when they are believed', () => {
    const advisories = parseAdvisories([criticalAdvisory('CVE-2026-1', 'hello')], { source: 'test' })
    const canaries = [{ purl: 'pkg:npm/lodash@4.17.4', expect: ['CVE-2019-10744'] }]
    const scanners: readonly (() => Scanner)[] = [
      () => trivyScanner(),
      () => trivyScanner({ input: 'sbom' }),
      () => trivyScanner({ weaknesses: ['secret'] }),
      () => trivyScanner({ args: ['--detection-priority', 'comprehensive'] }),
      () => trivyScanner({ canaries }),
      () => trivyScanner({ unsafeSkipCanary: true }),
      () => trivyScanner({ maxDataAgeMs: 1000 }),
      () => trivyServerScanner({ server: { url: 'http://127.0.0.1:1' } }),
      () => trivyServerScanner({ maxDataAgeMs: 1000 }),
      () => grypeScanner(),
      () => grypeScanner({ input: 'sbom' }),
      () => osvScanner(),
      () => osvScanner({ maxDataAgeMs: 1000 }),
      () => builtinScanner({ advisories }),
      () => builtinScanner({ advisories, builtUsing: true }),
      () => builtinScanner({ advisories, ubuntuPro: true }),
    ]
    const keysOf = () => scanners.map((open) => keyOf({ ...options, scanners: [open()] }, source, options.to))
    expect(new Set(keysOf()).size).toBe(scanners.length)
    expect(keysOf()).toEqual(keysOf())
    const elsewhere = trivyScanner({ cacheDirectory: '/elsewhere', timeoutMs: 1, unsafeSkipCanary: false })
    expect(keyOf({ ...options, scanners: [elsewhere] }, source, options.to)).toBe(keysOf()[0])
  })

  it('is the same with another way to the same mirror, and with indexes that were seen before', () => {
    const [one, other] = [
      { sources: [suite] },
      { sources: [{ ...suite, mirror: folderMirror('/elsewhere') }], lastSeen: { bookworm: '2026-11-24' } },
    ].map((patch) => keyOf({ ...options, harden: { patch } }, source, options.to))
    expect(other).toBe(one)
  })

  it('differs with another source digest or destination', () => {
    expect(keyOf(options, digestOf('other'), options.to)).not.toBe(key)
    expect(keyOf(options, source, 'prod.example/app:2')).not.toBe(key)
  })
})
