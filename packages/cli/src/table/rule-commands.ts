import type { CommandSpec } from '../command.ts'

const entry = { name: 'id', about: 'id of the entry, or the beginning of it' } as const

/** Commands about policies, and about what they stopped. */
export const ruleCommands: readonly CommandSpec[] = [
  {
    name: 'policy check',
    summary: 'read a policy and files of waivers, and name every fault',
    arguments: [],
    options: ['policy', 'waivers'],
    examples: [{ about: 'both', line: 'sallyport policy check --policy gate.yaml --waivers waivers.yaml' }],
    fails: 'one of them has a fault',
    load: async () => (await import('../commands/policy.ts')).policyCheck,
  },
  {
    name: 'policy test',
    summary: 'run a table of cases over a policy',
    arguments: [{ name: 'cases', about: 'file of cases', completes: 'file' }],
    options: ['policy'],
    examples: [
      { about: 'in CI, at each change', line: 'sallyport policy test cases.yaml --policy gate.yaml' },
    ],
    fails: 'a case came out otherwise, or there is none',
    load: async () => (await import('../commands/policy.ts')).policyTest,
  },
  {
    name: 'policy explain',
    summary: 'explain a decision that was kept',
    arguments: [{ name: 'decision', about: 'JSON of a decision', completes: 'file' }],
    options: ['report'],
    reports: ['.md', '.html', '.json', '.sarif'],
    examples: [
      { about: 'in the terminal', line: 'sallyport policy explain decision.json' },
      { about: 'as a page', line: 'sallyport policy explain decision.json --report decision.html' },
    ],
    load: async () => (await import('../commands/policy.ts')).policyExplain,
  },
  {
    name: 'policy diff',
    summary: 'say what another policy would have made of earlier decisions',
    arguments: [
      { name: 'before', about: 'the policy as it is', completes: 'file' },
      { name: 'after', about: 'the policy as it is to be', completes: 'file' },
    ],
    options: ['facts'],
    examples: [
      { about: 'before a merge', line: 'sallyport policy diff gate.yaml new-gate.yaml --facts facts' },
    ],
    fails: 'something that did not pass would pass',
    load: async () => (await import('../commands/policy.ts')).policyDiff,
  },
  {
    name: 'policy effective',
    summary: 'show what holds in a tier, and where each value is written',
    arguments: [],
    options: ['policy', 'tier'],
    examples: [{ about: 'of production', line: 'sallyport policy effective --policy gate.yaml --tier prod' }],
    load: async () => (await import('../commands/policy.ts')).policyEffective,
  },
  {
    name: 'quarantine list',
    summary: 'list what was stopped and waits for a person',
    arguments: [],
    options: ['quarantine', 'status', 'tier', 'search', 'limit', 'report'],
    reports: ['.html'],
    examples: [
      { about: 'what waits', line: 'sallyport quarantine list' },
      {
        about: 'all that is about an image',
        line: 'sallyport quarantine list --status any --search team/app',
      },
    ],
    load: async () => (await import('../commands/quarantine.ts')).quarantineList,
  },
  {
    name: 'quarantine show',
    summary: 'show why an image was stopped, and what can be done',
    arguments: [entry],
    options: ['quarantine', 'report'],
    reports: ['.html'],
    examples: [{ about: 'as a page', line: 'sallyport quarantine show 3f2a --report stopped.html' }],
    load: async () => (await import('../commands/quarantine.ts')).quarantineShow,
  },
  {
    name: 'quarantine approve',
    summary: 'let an image through for a time, signed by a reviewer',
    about: 'The next promotion of the image passes, where the gate has the public key with --approval-key.',
    arguments: [entry],
    options: [
      'quarantine',
      'policy',
      'approver',
      'reason',
      'expires',
      'scope',
      'reviewer-key',
      'reviewer-key-passphrase',
    ],
    examples: [
      {
        about: 'until the end of a day',
        line: "sallyport quarantine approve 3f2a --approver 'Ada Lovelace' --reason 'nothing can start the tool' --expires 2026-12-31 --reviewer-key reviewers.key",
      },
    ],
    load: async () => (await import('../commands/quarantine.ts')).quarantineApprove,
  },
  {
    name: 'quarantine reject',
    summary: 'note that an image stays out',
    arguments: [entry],
    options: ['quarantine', 'approver', 'reason'],
    examples: [
      {
        about: 'with a reason',
        line: "sallyport quarantine reject 3f2a --approver 'Ada Lovelace' --reason 'build it anew on the new base'",
      },
    ],
    load: async () => (await import('../commands/quarantine.ts')).quarantineReject,
  },
  {
    name: 'quarantine serve',
    summary: 'serve web pages to look at what was stopped, and to approve or reject it',
    about:
      'Runs until it is interrupted, and answers what is in flight. Only for this machine, unless it is told otherwise. It prints a link that signs --approver in once; with --token-file reviewers sign in with tokens. What happens is a line of JSON each on standard error.',
    arguments: [],
    options: [
      'quarantine',
      'journal',
      'policy',
      'approver',
      'token-file',
      'reviewer-key',
      'reviewer-key-passphrase',
      'listen',
      'tls-cert',
      'tls-key',
      'public-url',
      'unsafe-plain-listen',
      'check',
    ],
    examples: [
      {
        about: 'for yourself, on this machine',
        line: "sallyport quarantine serve --approver 'Ada Lovelace' --reviewer-key reviewers.key",
      },
      {
        about: 'for a team',
        line: 'sallyport quarantine serve --token-file tokens --reviewer-key awskms:///alias/reviewers --listen 0.0.0.0:8443 --tls-cert tls.crt --tls-key tls.key --public-url https://gate.example:8443',
      },
    ],
    load: async () => (await import('../commands/quarantine-serve.ts')).quarantineServe,
  },
]
