import type { CommandSpec } from '../command.ts'
import { registry, scanners } from './promotion-commands.ts'

const trust = [
  'public-key',
  'certificate-identity',
  'certificate-issuer',
  'trusted-root',
  'requirements',
] as const

/** Commands that look after registries and clusters, and after what the others need. */
export const operationCommands: readonly CommandSpec[] = [
  {
    name: 'audit',
    summary: 'say of every image of a registry how it stands, by verified evidence',
    about:
      'It reads and writes nothing to the registry. What was interrupted goes on. With --policy images are judged anew.',
    arguments: [{ name: 'registry', about: 'host, with its port where it has one' }],
    options: [
      'terms',
      'state',
      'repository',
      'max-requests',
      'estimate',
      'trusted-root',
      'policy',
      'waivers',
      ...scanners.filter((name) => name !== 'scanner-timeout'),
      'report',
      ...registry,
    ],
    reports: ['.html', '.json', '.csv', '.md', '.sarif'],
    examples: [
      { about: 'what it would take', line: 'sallyport audit prod.example --terms terms.yaml --estimate' },
      { about: 'with a page', line: 'sallyport audit prod.example --terms terms.yaml --report audit.html' },
    ],
    fails: 'something is flagged or could not be read, or there is nothing',
    load: async () => (await import('../commands/audit.ts')).audit,
  },
  {
    name: 'monitor',
    summary: 'notice pushes that did not come through the gate',
    about: 'Runs until it is interrupted; with --once it judges what is there now, and ends.',
    arguments: [{ name: 'registry', about: 'whose notifications --listen takes', isOptional: true }],
    options: [
      'watch',
      'journal',
      'monitor-state',
      'alerts',
      'once',
      'poll-every',
      'listen',
      'webhook-token',
      'trusted-root',
      ...registry,
    ],
    examples: [
      { about: 'once, from a CronJob', line: 'sallyport monitor --watch watch.yaml --once' },
      {
        about: 'with notifications of the registry',
        line: 'sallyport monitor prod.example --watch watch.yaml --listen 127.0.0.1:8080 --webhook-token env://TOKEN --alerts alerts.ndjson',
      },
    ],
    fails: 'with --once: there are alerts',
    load: async () => (await import('../commands/monitor.ts')).monitor,
  },
  {
    name: 'drift',
    summary: 'say whether a container is still the image that was signed',
    about:
      'What it is compared with is the list of files that the gate signed (promote --file-manifest), read from the registry and verified. Looking at a process or an overlay takes root.',
    arguments: [
      { name: 'image', about: 'registry/repository@digest of the image that runs, or of its index' },
    ],
    options: [
      'pid',
      'upper',
      'userxattr',
      'export',
      'root',
      'image-id',
      'writable',
      'least-severity',
      'platform',
      'file-list-key',
      ...trust,
      ...registry,
    ],
    examples: [
      {
        about: 'all files and processes of a container',
        line: 'sallyport drift prod.example/team/app@sha256:0a1b… --pid 4711 --public-key release.pub --file-list-key evidence.pub',
      },
      {
        about: 'only what it wrote',
        line: 'sallyport drift prod.example/team/app@sha256:0a1b… --pid 4711 --upper /var/lib/containerd/…/fs --requirements requirements.yaml --file-list-key evidence.pub',
      },
      {
        about: 'what docker export wrote',
        line: 'sallyport drift prod.example/team/app@sha256:0a1b… --export app.tar --public-key release.pub --file-list-key evidence.pub',
      },
    ],
    fails: 'it drifted',
    load: async () => (await import('../commands/drift.ts')).drift,
  },
  {
    name: 'admission serve',
    summary: "answer a cluster's questions whether images may run",
    about:
      'Runs until it is interrupted, and answers what is in flight. What happens is a line of JSON each on standard error.',
    arguments: [{ name: 'configuration', about: 'file of the webhook, as YAML or JSON', completes: 'file' }],
    options: ['check'],
    examples: [
      { about: 'in a Pod', line: 'sallyport admission serve /etc/sallyport/webhook.yaml' },
      { about: 'before it is rolled out', line: 'sallyport admission serve webhook.yaml --check' },
    ],
    load: async () => (await import('../commands/admission-serve.ts')).admissionServe,
  },
  {
    name: 'admission check',
    summary: 'say whether the admission would let an image run',
    about:
      'It passes only what every rule passes: a policy that only warns, or lets through what it could not judge, changes nothing about that.',
    arguments: [{ name: 'image', about: 'as in a Pod' }],
    options: ['admission-policy', 'revocations', 'namespace', 'trusted-root', ...registry],
    examples: [
      {
        about: 'before a deployment',
        line: 'sallyport admission check prod.example/team/app:1.4 --admission-policy admission.yaml --namespace prod',
      },
    ],
    fails: 'a rule is not met',
    load: async () => (await import('../commands/admission-check.ts')).admissionCheck,
  },
  {
    name: 'admission manifests',
    summary: 'write what runs the webhook in a cluster, for kubectl apply -k',
    arguments: [
      { name: 'folder', about: 'where to write it; files there are replaced', completes: 'folder' },
    ],
    options: ['webhook-image', 'webhook-file', 'webhook-authority'],
    examples: [
      {
        about: 'with a certificate of cert-manager',
        line: 'sallyport admission manifests deploy --webhook-image prod.example/admission@sha256:0a1b… --webhook-file webhook.yaml --webhook-file admission.yaml',
      },
    ],
    load: async () => (await import('../commands/admission-manifests.ts')).admissionManifests,
  },
  {
    name: 'advisories build',
    summary: 'build a database of advisories from what their makers publish',
    arguments: [],
    options: [
      'output',
      'osv',
      'debian-tracker',
      'alpine-secdb',
      'csaf',
      'kev',
      'epss',
      'updated-at',
      'push',
      'signing-key',
      'signing-key-passphrase',
      ...registry,
    ],
    examples: [
      {
        about: 'from files',
        line: 'sallyport advisories build -o advisories.db --osv npm=npm/all.zip --debian-tracker debian.json --kev kev.json',
      },
      {
        about: 'and publish it',
        line: 'sallyport advisories build -o advisories.db --osv all.zip --push build.example/security/advisories:v1 --signing-key env://KEY',
      },
    ],
    load: async () => (await import('../commands/advisories-build.ts')).advisoriesBuild,
  },
  {
    name: 'advisories pull',
    summary: 'bring the newest signed database into a folder',
    arguments: [{ name: 'reference', about: 'registry/repository:tag of the database' }],
    options: ['advisories-folder', 'mirror', 'max-age', ...trust, ...registry],
    examples: [
      {
        about: 'signed by a key',
        line: 'sallyport advisories pull build.example/security/advisories:v1 --public-key advisories.pub',
      },
    ],
    load: async () => (await import('../commands/advisories.ts')).advisoriesPull,
  },
  {
    name: 'advisories status',
    summary: 'say how old the advisories are',
    arguments: [],
    options: ['advisories', 'advisories-folder', 'max-age'],
    examples: [
      { about: 'of the folder of pulled ones', line: 'sallyport advisories status' },
      {
        about: 'of a file, no older than a day',
        line: 'sallyport advisories status --advisories advisories.db --max-age 1d',
      },
    ],
    fails: 'they are older than --max-age',
    load: async () => (await import('../commands/advisories.ts')).advisoriesStatus,
  },
]
