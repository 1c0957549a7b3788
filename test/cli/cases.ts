import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTlsAuthority } from '@sallyport/testkit/tls'
import { driftWords } from './container.ts'
import type { Prepared } from './prepare.ts'

/** What a run of a command needs, and how it is to end. */
export interface Case {
  readonly words: (at: Situation) => readonly string[]
  readonly code: number
}

/** What was prepared for the cases. */
export interface Situation extends Prepared {
  /** Of an entry of the quarantine that is open. */
  readonly open: () => string
}

/** How a command is interrupted: while it waits for a registry, or before it begins where it waits for nothing. */
type Interruption = 'at a registry' | 'before it begins'

/** Cases of one command. */
export interface CommandCases {
  readonly success: Case
  /** Absent where the command never judges. */
  readonly failure?: Case
  readonly bad: Case
  readonly interruption: Interruption
}

const { stringify } = JSON
const app = ({ build }: Situation) => `${build.host}/team/app:1`
const bad = ({ build }: Situation) => `${build.host}/team/bad:1`
const missing = ({ build }: Situation) => `${build.host}/team/none:1`
const promoted = ({ production }: Situation) => `${production.host}/ready/app:1`
const on = (words: Case['words'], code: number): Case => ({ words, code })

const manifests = (image: string) => {
  const files = ['webhook.yaml', 'admission.yaml'].flatMap((file) => ['--webhook-file', file])
  return ['admission', 'manifests', 'deploy', '--webhook-image', image, ...files]
}

/** Cases of every command; the table of commands may have no other. */
export const commandCases: Readonly<Record<string, CommandCases>> = {
  promote: {
    success: on((at) => ['promote', app(at), at.to('live/app:1'), '--report', 'decision.html'], 0),
    failure: on((at) => ['promote', bad(at), at.to('live/bad:1')], 1),
    bad: on((at) => ['promote', missing(at), at.to('live/none:1')], 2),
    interruption: 'at a registry',
  },
  scan: {
    success: on((at) => ['scan', app(at), '--config', 'plain.yaml', '--platform', 'linux/amd64'], 0),
    failure: on((at) => ['scan', app(at)], 1),
    bad: on((at) => ['scan', app(at), '--advisories', 'empty.json'], 2),
    interruption: 'at a registry',
  },
  sbom: {
    success: on((at) => ['sbom', app(at), '-o', 'app.cdx.json'], 0),
    bad: on((at) => ['sbom', missing(at), '-o', 'none.json'], 2),
    interruption: 'at a registry',
  },
  harden: {
    success: on((at) => ['harden', app(at), at.to('hard/app:1')], 0),
    bad: on((at) => ['harden', app(at)], 2),
    interruption: 'at a registry',
  },
  verify: {
    success: on((at) => ['verify', promoted(at), '--public-key', 'release.pub'], 0),
    failure: on((at) => ['verify', promoted(at), '--public-key', 'reviewers.pub'], 1),
    bad: on((at) => ['verify', missing(at), '--public-key', 'release.pub'], 2),
    interruption: 'at a registry',
  },
  attest: {
    success: on((at) => ['attest', `${at.build.host}/signed/app:1`, '--signing-key', 'env://SIGNING_KEY'], 0),
    bad: on((at) => ['attest', app(at), '--signing-key', 'none.key'], 2),
    interruption: 'at a registry',
  },
  copy: {
    success: on((at) => ['copy', promoted(at), at.to('copied/app:1')], 0),
    bad: on((at) => ['copy', missing(at), at.to('copied/none:1')], 2),
    interruption: 'at a registry',
  },
  inspect: {
    success: on((at) => ['inspect', promoted(at)], 0),
    bad: on(() => ['inspect', 'ftp://nothing'], 2),
    interruption: 'at a registry',
  },
  'policy check': {
    success: on(() => ['policy', 'check', '--waivers', 'waivers.yaml'], 0),
    failure: on(() => ['policy', 'check', '--policy', 'wrong.yaml'], 1),
    bad: on(() => ['policy', 'check', '--policy', 'none.yaml'], 2),
    interruption: 'before it begins',
  },
  'policy test': {
    success: on(() => ['policy', 'test', 'cases.yaml'], 0),
    failure: on(() => ['policy', 'test', 'failing-cases.yaml'], 1),
    bad: on(() => ['policy', 'test'], 2),
    interruption: 'before it begins',
  },
  'policy explain': {
    success: on(() => ['policy', 'explain', 'decision.json', '--report', 'decision.html'], 0),
    bad: on(() => ['policy', 'explain', 'gate.yaml'], 2),
    interruption: 'before it begins',
  },
  'policy diff': {
    success: on(() => ['policy', 'diff', 'gate.yaml', 'gate.yaml', '--facts', 'facts'], 0),
    failure: on(() => ['policy', 'diff', 'gate.yaml', 'loose.yaml', '--facts', 'facts'], 1),
    bad: on(() => ['policy', 'diff', 'gate.yaml', 'loose.yaml', '--facts', 'nowhere'], 2),
    interruption: 'before it begins',
  },
  'policy effective': {
    success: on(() => ['policy', 'effective', '--tier', 'prod'], 0),
    bad: on(() => ['policy', 'effective', '--tier', 'none'], 2),
    interruption: 'before it begins',
  },
  'quarantine list': {
    success: on(() => ['quarantine', 'list', '--search', 'stopped/bad:1', '--report', 'list.html'], 0),
    bad: on(() => ['quarantine', 'list', '--quarantine', 'none.db'], 2),
    interruption: 'before it begins',
  },
  'quarantine show': {
    success: on((at) => ['quarantine', 'show', at.open()], 0),
    bad: on(() => ['quarantine', 'show', 'ffff'], 2),
    interruption: 'before it begins',
  },
  'quarantine approve': {
    success: on((at) => {
      const until = ['--expires', '2999-01-01T00:00:00Z', '--reviewer-key', 'reviewers.key']
      const why = ['--approver', 'Ada', '--reason', 'nothing starts the tool']
      return ['quarantine', 'approve', at.open(), ...why, ...until]
    }, 0),
    bad: on((at) => ['quarantine', 'approve', at.open(), '--approver', 'Ada'], 2),
    interruption: 'before it begins',
  },
  'quarantine reject': {
    success: on(
      (at) => ['quarantine', 'reject', at.open(), '--approver', 'Ada', '--reason', 'build it anew'],
      0,
    ),
    bad: on((at) => ['quarantine', 'reject', at.open(), '--reason', 'build it anew'], 2),
    interruption: 'before it begins',
  },
  'quarantine serve': {
    success: on(
      () => ['quarantine', 'serve', '--check', '--approver', 'Ada', '--reviewer-key', 'reviewers.key'],
      0,
    ),
    bad: on(() => ['quarantine', 'serve', '--check', '--approver', 'Ada', '--listen', '0.0.0.0:0'], 2),
    interruption: 'before it begins',
  },
  audit: {
    success: on(
      (at) => [
        'audit',
        at.production.host,
        '--config',
        'plain.yaml',
        '--terms',
        'terms.yaml',
        '--state',
        'good.db',
        '--repository',
        'ready/app',
      ],
      0,
    ),
    failure: on(
      (at) => [
        'audit',
        at.build.host,
        '--config',
        'plain.yaml',
        '--terms',
        'terms.yaml',
        '--state',
        'bad.db',
        '--repository',
        'team/*',
      ],
      1,
    ),
    bad: on((at) => ['audit', at.build.host, '--terms', 'open-terms.yaml'], 2),
    interruption: 'at a registry',
  },
  monitor: {
    success: on(
      () => ['monitor', '--once', '--watch', 'watch.yaml', '--monitor-state', 'good-monitor.db'],
      0,
    ),
    failure: on(
      () => ['monitor', '--once', '--watch', 'watch-build.yaml', '--monitor-state', 'bad-monitor.db'],
      1,
    ),
    bad: on(() => ['monitor', '--once', '--watch', 'gate.yaml'], 2),
    interruption: 'at a registry',
  },
  drift: {
    success: on((at) => [...driftWords(at), '--root', 'rootfs'], 0),
    failure: on((at) => [...driftWords(at), '--root', 'drifted'], 1),
    bad: on((at) => [...driftWords(at), '--root', 'nowhere'], 2),
    interruption: 'at a registry',
  },
  'admission serve': {
    success: on(() => ['admission', 'serve', 'webhook.yaml', '--check'], 0),
    bad: on(() => ['admission', 'serve', 'gate.yaml', '--check'], 2),
    interruption: 'before it begins',
  },
  'admission check': {
    success: on((at) => ['admission', 'check', promoted(at), '--admission-policy', 'admission.yaml'], 0),
    failure: on((at) => ['admission', 'check', app(at), '--admission-policy', 'admission.yaml'], 1),
    bad: on((at) => ['admission', 'check', app(at), '--admission-policy', 'gate.yaml'], 2),
    interruption: 'at a registry',
  },
  'admission manifests': {
    success: on(() => manifests(`prod.example/admission@sha256:${'0'.repeat(64)}`), 0),
    bad: on(() => manifests('prod.example/admission:1'), 2),
    interruption: 'before it begins',
  },
  'advisories build': {
    success: on(() => ['advisories', 'build', '-o', 'built.db', '--osv', 'sample=records.jsonl'], 0),
    bad: on(() => ['advisories', 'build', '-o', 'none.db'], 2),
    interruption: 'before it begins',
  },
  'advisories pull': {
    success: on(
      (at) => [
        'advisories',
        'pull',
        `${at.build.host}/security/advisories:v1`,
        '--public-key',
        'release.pub',
      ],
      0,
    ),
    bad: on(
      (at) => [
        'advisories',
        'pull',
        `${at.build.host}/security/advisories:v1`,
        '--public-key',
        'reviewers.pub',
        '--advisories-folder',
        'other',
      ],
      2,
    ),
    interruption: 'at a registry',
  },
  'advisories status': {
    success: on(() => ['advisories', 'status'], 0),
    failure: on(() => ['advisories', 'status', '--max-age', '1s'], 1),
    bad: on(() => ['advisories', 'status', '--advisories', 'none.db'], 2),
    interruption: 'before it begins',
  },
  doctor: {
    success: on((at) => ['doctor', at.build.host], 0),
    failure: on(() => ['doctor', '--advisories', 'none.json'], 1),
    bad: on(() => ['doctor', '--config', 'misspelt.yaml'], 2),
    interruption: 'at a registry',
  },
  completion: {
    success: on(() => ['completion', 'fish'], 0),
    bad: on(() => ['completion', 'tcsh'], 2),
    interruption: 'before it begins',
  },
}

const authority = createTlsAuthority()

/** What `admission serve webhook.yaml` reads, and who issued its certificate. */
export function writeWebhook(
  { folder, production }: Prepared,
  { drainMs }: { readonly drainMs: number },
): { readonly files: Readonly<Record<string, string>>; readonly ca: string } {
  const { cert, key } = authority.issue({ name: 'webhook', hosts: ['sallyport-admission.sallyport.svc'] })
  return {
    ca: authority.ca,
    files: {
      'tls.crt': cert,
      'tls.key': key,
      'webhook.yaml': stringify({
        version: 1,
        policy: 'admission.yaml',
        tls: { certificate: 'tls.crt', key: 'tls.key' },
        listen: { host: '127.0.0.1', port: 0 },
        drainMs,
      }),
      'admission.yaml': stringify({
        version: 1,
        signers: { release: { keys: [readFileSync(join(folder, 'release.pub'), 'utf8')] } },
        rules: [
          { name: 'production', registries: [production.host], require: { signature: { by: 'release' } } },
        ],
      }),
    },
  }
}

/** Files of the cases besides those of `prepare`. */
export const caseFiles = (at: Prepared): Readonly<Record<string, string>> => {
  const by = (name: string) => `{ keys: [${name}.pub] }`
  const gate = 'https://sallyport.dev/gate/prod'
  return {
    ...writeWebhook(at, { drainMs: 0 }).files,
    'plain.yaml': 'advisories: advisories.json\n',
    'misspelt.yaml': 'polcy: gate.yaml\n',
    'empty.json': '[]',
    'wrong.yaml': 'version: 1\ntiers:\n  prod: { threshold: [] }\n',
    'loose.yaml':
      'version: 1\ntiers:\n  prod:\n    thresholds: [{ name: no critical, severity: critical, max: 9 }]\n',
    'failing-cases.yaml':
      'version: 1\ncases:\n  - { name: wrong, tier: prod, now: 2026-11-25T12:00:00Z, facts: {}, expect: { verdict: fail } }\n',
    'terms.yaml': `version: 1
repositories:
  - match: ['*']
    tier: prod
    signers: ${by('release')}
    sbom: ${by('evidence')}
    provenance: [{ id: '${gate}', by: ${by('evidence')} }]
    decision: [{ id: '${gate}', by: ${by('release')} }]
`,
    'open-terms.yaml': "version: 1\nrepositories: [{ match: ['team/*'], skip: true }]\n",
    ...Object.fromEntries(
      [
        ['watch', `${at.production.host}/ready/app`],
        ['watch-build', `${at.build.host}/team/app`],
      ].map(([name, place]) => [
        `${name}.yaml`,
        `version: 1\nwatch:\n  - { repositories: [${stringify(place)}], tier: prod, verifiers: [{ id: '${gate}', by: ${by('release')} }], signers: ${by('evidence')} }\n`,
      ]),
    ),
  }
}
