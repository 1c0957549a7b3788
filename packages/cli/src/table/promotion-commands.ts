import type { CommandSpec } from '../command.ts'
import { sourceForms, storeForms, targetForms } from '../parts/place-forms.ts'
import type { OptionName } from '../settings/option-table.ts'

/** Options of every command that talks to registries. */
export const registry = ['login', 'password', 'unsafe-plain-http', 'requests-per-second'] as const
const rules = ['policy', 'tier', 'waivers'] as const
/** Options that choose scanners and their data. */
export const scanners = [
  'scanner',
  'advisories',
  'max-data-age',
  'scanner-timeout',
  'trivy-cache',
  'grype-cache',
  'osv-database',
  'skip-database-update',
] as const satisfies readonly OptionName[]
/** Options of commands that can sign as an identity. */
const identity = [
  'signing-config',
  'certificate-identity',
  'certificate-issuer',
  'trusted-root',
  'identity-token',
] as const
const hardening = ['harden-mode', 'keep', 'drop', 'command', 'max-removal', 'strip'] as const

const image = { name: 'image', about: sourceForms } as const

/** Commands that take an image from one place to the next, or look at one. */
export const promotionCommands: readonly CommandSpec[] = [
  {
    name: 'promote',
    summary: 'scan, harden, judge, push, sign and verify an image, and only then move the tag',
    about:
      'The tag moves only when everything at the target was read back and verified. What the policy stops goes to the quarantine.',
    arguments: [
      { ...image, name: 'from' },
      { name: 'to', about: storeForms },
    ],
    options: [
      ...rules,
      'approval-key',
      ...scanners.filter((name) => name !== 'scanner-timeout'),
      'harden',
      ...hardening,
      'evidence-key',
      'evidence-key-passphrase',
      'release-key',
      'release-key-passphrase',
      ...identity,
      'file-manifest',
      'evidence-mode',
      'verifier-id',
      'unsafe-allow-lazy-layers',
      'journal',
      'quarantine',
      'quarantine-repository',
      'platform',
      'plan',
      'facts',
      'report',
      ...registry,
    ],
    reports: ['.md', '.html', '.json', '.sarif'],
    examples: [
      {
        about: 'promote, with everything else in sallyport.yaml',
        line: 'sallyport promote build.example/team/app:1.4 prod.example/team/app:1.4',
      },
      {
        about: 'see in a pull request what would happen',
        line: 'sallyport promote build.example/team/app:1.4 prod.example/team/app:1.4 --plan --report decision.md',
      },
      {
        about: 'keys from the environment, two scanners',
        line: 'sallyport promote build.example/app:1 prod.example/app:1 --policy gate.yaml --evidence-key env://EVIDENCE_KEY --release-key env://RELEASE_KEY --scanner builtin --scanner trivy --advisories advisories.db',
      },
      {
        about: 'without keys, as the workflow that runs it',
        line: 'sallyport promote build.example/app:1 prod.example/app:1 --config keyless.yaml',
      },
    ],
    fails: 'the policy stopped it; the tag is where it was',
    load: async () => (await import('../commands/promote.ts')).promote,
  },
  {
    name: 'scan',
    summary: 'look for known vulnerabilities in an image',
    about:
      'With --policy the policy judges; without one --fail-on does. A scanner that could not judge everything is an error, never a pass.',
    arguments: [image],
    options: [...scanners, ...rules, 'fail-on', 'unsafe-accept-partial', 'platform', ...registry],
    examples: [
      {
        about: 'with advisories that were pulled',
        line: 'sallyport scan build.example/app:1 --advisories .sallyport/advisories',
      },
      {
        about: 'fail on what is high or worse',
        line: 'sallyport scan oci:image:1 --advisories advisories.db --fail-on high',
      },
      {
        about: 'judge by a policy',
        line: 'sallyport scan build.example/app:1 --advisories advisories.db --policy gate.yaml --tier prod',
      },
    ],
    fails: 'the policy, or --fail-on, does not let it through',
    load: async () => (await import('../commands/scan.ts')).scan,
  },
  {
    name: 'sbom',
    summary: 'list what is in an image as CycloneDX or SPDX',
    arguments: [image],
    options: ['format', 'output', 'platform', ...registry],
    examples: [
      { about: 'to a file', line: 'sallyport sbom build.example/app:1 -o app.cdx.json' },
      {
        about: 'as SPDX, of one platform',
        line: 'sallyport sbom build.example/app:1 --format spdx --platform linux/arm64',
      },
    ],
    load: async () => (await import('../commands/sbom.ts')).sbom,
  },
  {
    name: 'harden',
    summary: 'take out of an image what nothing uses',
    about:
      'Packages leave with their files, their database entries and their bytes. Of an index, choose one platform.',
    arguments: [
      { ...image, name: 'from' },
      { name: 'to', about: `${targetForms}; not with --plan`, isOptional: true },
    ],
    options: [...hardening, 'approved-plan', 'plan', 'output', 'platform', ...registry],
    examples: [
      { about: 'see what would leave', line: 'sallyport harden build.example/app:1 --plan -o plan.json' },
      {
        about: 'do what a reviewed plan says',
        line: 'sallyport harden build.example/app:1 build.example/app:1-hardened --approved-plan plan.json',
      },
      {
        about: 'keep a package and what a probe runs',
        line: "sallyport harden oci:image:1 oci:smaller:1 --keep curl --command 'curl -f localhost'",
      },
    ],
    load: async () => (await import('../commands/harden.ts')).hardenCommand,
  },
  {
    name: 'verify',
    summary: 'check that an image comes with the evidence that is required',
    arguments: [image],
    options: [
      'public-key',
      'certificate-identity',
      'certificate-issuer',
      'trusted-root',
      'requirements',
      ...registry,
    ],
    examples: [
      { about: 'signed by a key', line: 'sallyport verify prod.example/app:1 --public-key release.pub' },
      {
        about: 'SBOM, provenance and decision as well',
        line: 'sallyport verify prod.example/app:1 --requirements requirements.yaml',
      },
    ],
    fails: 'evidence is missing, or does not count',
    load: async () => (await import('../commands/verify.ts')).verify,
  },
  {
    name: 'attest',
    summary: 'sign an image, or a statement about it, and attach that',
    arguments: [{ name: 'image', about: storeForms }],
    options: [
      'predicate',
      'type',
      'evidence-mode',
      'signing-key',
      'signing-key-passphrase',
      ...identity,
      ...registry,
    ],
    examples: [
      {
        about: 'sign the image',
        line: 'sallyport attest build.example/app:1 --signing-key cosign.key --signing-key-passphrase env://COSIGN_PASSWORD',
      },
      {
        about: 'attach an SBOM',
        line: 'sallyport attest build.example/app:1 --type cyclonedx --predicate app.cdx.json --signing-key env://KEY',
      },
      {
        about: 'with a key that never leaves its service',
        line: 'sallyport attest build.example/app:1 --signing-key awskms:///alias/release',
      },
    ],
    load: async () => (await import('../commands/attest.ts')).attest,
  },
  {
    name: 'copy',
    summary: 'copy an image with its evidence, the tag last',
    arguments: [
      { ...image, name: 'from' },
      { name: 'to', about: targetForms },
    ],
    options: ['evidence', 'platform', ...registry],
    examples: [
      { about: 'between registries', line: 'sallyport copy build.example/app:1 mirror.example/app:1' },
      {
        about: 'to a file for a machine without network',
        line: 'sallyport copy prod.example/app:1 oci-archive:app.tar:1',
      },
      {
        about: 'without signatures and the like',
        line: 'sallyport copy build.example/app:1 oci:image:1 --no-evidence',
      },
    ],
    load: async () => (await import('../commands/copy.ts')).copyCommand,
  },
  {
    name: 'inspect',
    summary: 'show platforms, layers, configuration and evidence of an image',
    about: 'Layers are not fetched, and evidence is not verified.',
    arguments: [image],
    options: ['platform', ...registry],
    examples: [
      { about: 'an image of a registry', line: 'sallyport inspect prod.example/app:1' },
      { about: 'an archive', line: 'sallyport inspect docker-archive:app.tar --json' },
    ],
    load: async () => (await import('../commands/inspect.ts')).inspect,
  },
]
