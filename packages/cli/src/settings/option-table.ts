/** How the text of a value is read. */
export type OptionKind =
  | 'text'
  /** A path; completed as one. */
  | 'file'
  | 'folder'
  | 'flag'
  | 'number'
  /** `90s`, `30m`, `48h`, `7d`. */
  | 'duration'
  /** Where a secret is, never the secret itself: `env://NAME`, a file, or `-` for standard input. */
  | 'secret'
  /** A private key: a file, `env://NAME`, or a reference to a key service such as `awskms://…`. */
  | 'key'

/** An option: the same name means the same in every command, in the configuration file and in the environment. */
export interface OptionSpec {
  readonly kind: OptionKind
  /** May be given several times; a list in the file, separated by commas in the environment. */
  readonly isList?: true
  readonly about: string
  /** What stands for the value in help. Default: by its kind. */
  readonly value?: string
  readonly choices?: readonly string[]
  /** Texts as they would be typed. */
  readonly defaults?: string | readonly string[] | boolean
  readonly short?: string
  /** It is about this one run, so that it does not stand in a file. */
  readonly isOfRun?: true
}

const list = { isList: true } as const
const ofRun = { isOfRun: true } as const

const table = {
  // How a command runs.
  config: {
    kind: 'file',
    about: 'configuration file; default: sallyport.yaml, .yml or .json of the working folder',
    ...ofRun,
  },
  json: { kind: 'flag', about: 'print one JSON document for programs', ...ofRun },
  'print-code': {
    kind: 'flag',
    about: 'print the TypeScript program that does the same, and do nothing',
    ...ofRun,
  },
  debug: { kind: 'flag', about: 'print the stack of errors' },
  progress: {
    kind: 'text',
    choices: ['auto', 'live', 'plain', 'none'],
    about: 'progress on standard error; auto: live on a terminal, none elsewhere',
    defaults: 'auto',
  },
  // Registries.
  login: {
    kind: 'text',
    value: 'host=user',
    about: 'sign in to this registry as this user, with --password',
  },
  password: { kind: 'secret', about: 'where the password of --login is' },
  'unsafe-plain-http': {
    kind: 'text',
    value: 'host',
    ...list,
    about: 'speak to this registry without TLS; registries of this machine need no such permission',
  },
  'requests-per-second': {
    kind: 'number',
    about: 'most requests a second to one registry; default: no limit',
  },
  platform: {
    kind: 'text',
    value: 'os/arch',
    ...list,
    about: 'only this platform; default: every one of the image, for drift that of this machine',
  },
  // Rules.
  policy: { kind: 'file', about: 'the policy' },
  tier: { kind: 'text', about: 'tier of the policy' },
  waivers: { kind: 'file', ...list, about: 'file of waivers' },
  'approval-key': {
    kind: 'file',
    ...list,
    about: 'public key of a reviewer whose approvals in the quarantine count',
  },
  // Scanners.
  scanner: {
    kind: 'text',
    ...list,
    choices: ['builtin', 'trivy', 'grype', 'osv-scanner'],
    about: 'scanner to ask; all of them must answer',
    defaults: ['builtin'],
  },
  advisories: {
    kind: 'file',
    about: 'advisories of the built-in scanner: a database, a folder of pulled ones, or OSV records as JSON',
  },
  'max-data-age': { kind: 'duration', about: 'refuse data of scanners that are older' },
  'scanner-timeout': { kind: 'duration', about: 'time for each scanner', defaults: '10m' },
  'trivy-cache': { kind: 'folder', about: "Trivy's cache folder; default: its own" },
  'grype-cache': { kind: 'folder', about: "Grype's database folder; default: its own" },
  'osv-database': { kind: 'folder', about: "OSV-Scanner's database folder; default: its own" },
  'skip-database-update': { kind: 'flag', about: 'take the databases of Trivy and Grype as they are' },
  'fail-on': {
    kind: 'text',
    choices: ['critical', 'high', 'medium', 'low', 'negligible', 'unknown', 'any'],
    about: 'without a policy: fail when something of this severity, or worse, is found',
  },
  'unsafe-accept-partial': {
    kind: 'flag',
    about: 'without a policy: take a scan that could not judge everything for an answer',
  },
  // Hardening.
  harden: { kind: 'flag', about: 'take out packages that nothing uses before judging' },
  'harden-mode': {
    kind: 'text',
    choices: ['closed', 'relaxed'],
    about: 'relaxed: drop dependencies that no file needs; wants a proof',
    defaults: 'closed',
  },
  keep: { kind: 'text', value: 'package', ...list, about: 'this package stays in any case' },
  drop: { kind: 'text', value: 'package', ...list, about: 'this package may leave' },
  command: {
    kind: 'text',
    value: 'words',
    ...list,
    about: 'a command besides the entry point that must still run; words are separated by spaces',
  },
  'max-removal': {
    kind: 'number',
    about: 'largest part of the packages that may leave, 0 to 1',
    defaults: '1',
  },
  strip: { kind: 'flag', about: 'take manuals, headers and such out of packages that stay, too' },
  'approved-plan': { kind: 'file', about: 'remove no more than this reviewed plan names' },
  // Keys.
  'evidence-key': { kind: 'key', about: 'key that signs what was found' },
  'evidence-key-passphrase': { kind: 'secret', about: 'where its passphrase is' },
  'release-key': { kind: 'key', about: 'key that signs that the image may go' },
  'release-key-passphrase': { kind: 'secret', about: 'where its passphrase is' },
  'signing-key': { kind: 'key', about: 'key that signs' },
  'signing-key-passphrase': { kind: 'secret', about: 'where its passphrase is' },
  'reviewer-key': { kind: 'key', about: "the reviewer's key; the gate must not have it" },
  'reviewer-key-passphrase': { kind: 'secret', about: 'where its passphrase is' },
  'public-key': { kind: 'file', ...list, about: 'public key in PEM whose signatures count' },
  'signing-config': {
    kind: 'file',
    about: 'signing config of Sigstore: sign as --certificate-identity what no key is given for',
  },
  'identity-token': {
    kind: 'secret',
    about: 'where the OpenID Connect token to sign with is; default: that of the CI system',
  },
  'trusted-root': { kind: 'file', about: 'trusted root of Sigstore, for --certificate-identity' },
  'certificate-identity': { kind: 'text', about: 'subject that a certificate must name' },
  'certificate-issuer': { kind: 'text', value: 'url', about: 'issuer of that identity' },
  requirements: { kind: 'file', about: 'what an image must come with, as YAML or JSON' },
  // Memory of the gate.
  journal: { kind: 'file', about: "the gate's journal", defaults: '.sallyport/gate.db' },
  quarantine: { kind: 'file', about: 'the quarantine', defaults: '.sallyport/gate.db' },
  'quarantine-repository': {
    kind: 'text',
    value: 'registry/repository',
    about: 'where a copy of what was stopped is kept; default: nowhere',
  },
  // Promotion and copy.
  'unsafe-allow-lazy-layers': {
    kind: 'flag',
    about:
      'let images pass that lead runtimes to another list of files than their layers (eStargz and the like)',
  },
  'verifier-id': {
    kind: 'text',
    value: 'URI',
    about: 'names the gate in its decisions and provenance; default: https://sallyport.dev/gate/<tier>',
  },
  plan: { kind: 'flag', about: 'say what would be done, and do nothing of it; takes no keys', ...ofRun },
  'file-manifest': {
    kind: 'flag',
    about: 'list all files of the image with their hashes and sign that, which drift compares with',
  },
  'evidence-mode': {
    kind: 'text',
    choices: ['both', 'bundle', 'legacy'],
    about: 'bundle: no tags of cosign, which a registry with immutable tags refuses; legacy: those alone',
    defaults: 'both',
  },
  evidence: { kind: 'flag', about: 'take signatures, SBOMs and the like along', defaults: true },
  // Output.
  output: { kind: 'file', short: 'o', about: 'file to write; it is replaced in one step', ...ofRun },
  report: {
    kind: 'file',
    ...list,
    about: 'also write a report; the end of the name says which kind',
    ...ofRun,
  },
  format: { kind: 'text', choices: ['cyclonedx', 'spdx'], about: 'kind of SBOM', defaults: 'cyclonedx' },
  // Evidence.
  predicate: {
    kind: 'file',
    about: 'what is stated, as JSON; without it the image itself is signed',
    ...ofRun,
  },
  type: {
    kind: 'text',
    value: 'kind|uri',
    about: 'predicate type: cyclonedx, spdx, openvex, provenance, vulns, … or a URI',
    ...ofRun,
  },
  // Policy.
  facts: {
    kind: 'folder',
    about: 'folder of the facts that decisions rest on: promote keeps them there, policy diff reads them',
  },
  // Audit.
  terms: { kind: 'file', about: 'what images must come with, by repository' },
  state: {
    kind: 'file',
    about: 'where an audit keeps its work and its results',
    defaults: '.sallyport/audit.db',
  },
  repository: {
    kind: 'text',
    value: 'pattern',
    ...list,
    about: 'only repositories like this; * stands for anything',
  },
  'max-requests': { kind: 'number', about: 'most requests of this run; the next goes on' },
  estimate: { kind: 'flag', about: 'say what an audit would take, and do nothing else', ...ofRun },
  // Monitor.
  watch: { kind: 'file', about: 'what to watch, and whose pushes are expected' },
  'monitor-state': {
    kind: 'file',
    about: 'where the monitor keeps what it knows',
    defaults: '.sallyport/monitor.db',
  },
  alerts: { kind: 'file', about: 'file that gets a line of JSON for each alert' },
  once: { kind: 'flag', about: 'judge what is there now, and end', ...ofRun },
  'poll-every': { kind: 'duration', about: 'how often repositories are compared', defaults: '5m' },
  listen: {
    kind: 'text',
    value: 'host:port',
    about: 'where to listen; monitor: takes notifications of distribution at /hooks/registry',
  },
  'webhook-token': { kind: 'secret', about: 'where the bearer token of --listen is' },
  // Drift.
  pid: { kind: 'number', about: 'a process of the container, as this machine numbers it', ...ofRun },
  upper: {
    kind: 'folder',
    about: "upper directory of the container's overlay: only what was written is looked at",
    ...ofRun,
  },
  userxattr: {
    kind: 'flag',
    about: 'the overlay of --upper is mounted with userxattr, as rootless ones are; with --pid that is seen',
    ...ofRun,
  },
  export: {
    kind: 'file',
    about: "uncompressed archive of the container's files, as docker export writes it",
    ...ofRun,
  },
  root: { kind: 'folder', about: 'unpacked root file system', ...ofRun },
  'image-id': {
    kind: 'text',
    value: 'digest',
    about: "digest of the config that the engine says it runs; it must be the image's",
    ...ofRun,
  },
  'file-list-key': {
    kind: 'file',
    ...list,
    about: 'public key whose lists of files count; default: whoever the signature must be by',
  },
  writable: {
    kind: 'text',
    value: 'path',
    ...list,
    about: 'path that the workload writes data to; programs there count all the same',
  },
  'least-severity': {
    kind: 'text',
    choices: ['critical', 'high', 'medium', 'low', 'minor', 'info'],
    about: 'findings at least this bad are drift',
    defaults: 'minor',
  },
  // Admission.
  check: { kind: 'flag', about: 'read everything, listen, and end', ...ofRun },
  'admission-policy': { kind: 'file', about: 'policy of the admission' },
  revocations: { kind: 'file', about: 'list of digests and keys that are revoked' },
  namespace: { kind: 'text', value: 'name', about: 'namespace that the image is to run in' },
  'webhook-image': {
    kind: 'text',
    value: 'reference',
    about: 'image that holds Node.js and @sallyport/admission, by digest',
  },
  'webhook-file': {
    kind: 'file',
    ...list,
    about: 'webhook.yaml and the files that it names, public ones only',
  },
  'webhook-authority': {
    kind: 'file',
    about: "authority of the webhook's certificate, which somebody else renews; default: cert-manager",
  },
  // Quarantine.
  status: {
    kind: 'text',
    choices: ['open', 'approved', 'rejected', 'superseded', 'any'],
    about: 'only what is in this state',
    defaults: 'open',
    ...ofRun,
  },
  search: { kind: 'text', about: 'only what has this in its names', ...ofRun },
  limit: { kind: 'number', about: 'most entries', defaults: '100', ...ofRun },
  approver: { kind: 'text', value: 'name', about: 'who answers for it' },
  reason: { kind: 'text', about: 'why, in a sentence', ...ofRun },
  expires: { kind: 'text', value: 'date', about: 'until when, as YYYY-MM-DD or an ISO 8601 time', ...ofRun },
  scope: {
    kind: 'text',
    choices: ['digest', 'repository'],
    about: 'digest: only this image; repository: these package versions in its whole repository',
    defaults: 'digest',
    ...ofRun,
  },
  'token-file': {
    kind: 'secret',
    about: 'where the tokens of reviewers are, a line name=token each, 20 characters or more',
  },
  'tls-cert': { kind: 'file', about: 'certificate with its chain, in PEM' },
  'tls-key': { kind: 'secret', about: 'where its private key is, in PEM' },
  'public-url': {
    kind: 'text',
    value: 'url',
    about: 'how browsers reach it, e.g. https://gate.example; default: this machine alone',
  },
  'unsafe-plain-listen': {
    kind: 'flag',
    about: 'listen to other machines without TLS, behind a proxy that has it',
  },
  // Advisories.
  osv: {
    kind: 'file',
    value: 'name=path',
    ...list,
    about: 'OSV records: a folder, all.zip or lines of JSON',
  },
  'debian-tracker': { kind: 'file', about: "JSON of Debian's security tracker" },
  'alpine-secdb': {
    kind: 'file',
    value: 'release=file',
    ...list,
    about: "a file of Alpine's secdb, e.g. v3.20=main.json",
  },
  csaf: { kind: 'folder', about: 'folder of CSAF VEX documents, as Red Hat publishes them' },
  kev: { kind: 'file', about: 'catalogue of known exploited vulnerabilities' },
  epss: { kind: 'file', about: 'EPSS scores as CSV' },
  'updated-at': { kind: 'text', value: 'time', about: 'when the inputs were fetched', ...ofRun },
  push: {
    kind: 'text',
    value: 'reference',
    about: 'push the database there and sign it with --signing-key',
    ...ofRun,
  },
  'advisories-folder': {
    kind: 'folder',
    about: 'folder for pulled databases',
    defaults: '.sallyport/advisories',
  },
  mirror: { kind: 'text', value: 'registry/repository', ...list, about: 'asked when the registry fails' },
  'max-age': { kind: 'duration', about: 'oldest database to take', defaults: '48h' },
} as const satisfies Readonly<Record<string, OptionSpec>>

/** Name of an option, as on the command line. */
export type OptionName = keyof typeof table

/** All options. */
export const optionTable: Readonly<Record<OptionName, OptionSpec>> = table

/** All names, in the order of the table. */
export const optionNames: readonly OptionName[] = Object.keys(table) as OptionName[]

/** Key in the configuration file: `evidence-key` is `evidenceKey`. */
export const configKey = (name: OptionName): string =>
  name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** Variable of the environment: `evidence-key` is `SALLYPORT_EVIDENCE_KEY`. */
export const environmentName = (name: OptionName): string =>
  `SALLYPORT_${name.toUpperCase().replaceAll('-', '_')}`

/** Of options whose values say where a secret is: neither they nor what is behind them is ever printed. */
export const isSecret = ({ kind }: OptionSpec): boolean => kind === 'secret' || kind === 'key'

/** What stands for a value in help. */
export function placeholder({ kind, value, choices }: OptionSpec): string {
  if (choices) return choices.join('|').length <= 24 ? choices.join('|') : 'choice'
  return value ?? (kind === 'secret' ? 'env://NAME|file|-' : kind)
}
