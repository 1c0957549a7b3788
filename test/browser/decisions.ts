import { digestOf } from '@sallyport/core'
import type { Decision, DecisionReason, JudgedFinding } from '@sallyport/policy'

const names = ['zlib1g', 'libssl3', 'perl-base', 'libsqlite3-0', 'tar', 'bash', 'libgnutls30', 'libsystemd0']
const severities = ['critical', 'high', 'medium', 'low', 'unknown', 'negligible'] as const
const usages = ['executed', 'loaded', 'linked', 'possible', 'present'] as const

/** A finding that is like no other of another `index`. */
export function findingOf(index: number, changes: Partial<JudgedFinding> = {}): JudgedFinding {
  const name = `${names[index % names.length]}${index < names.length ? '' : `-${index % 400}`}`
  const usage = usages[index % usages.length]!
  return {
    id: `CVE-2026-${10_000 + index}`,
    aliases: index % 3 === 0 ? [`GHSA-aaaa-bbbb-${String(1000 + (index % 9000))}`] : [],
    purl: `pkg:deb/debian/${name}@1.2.${index % 7}-1?arch=amd64&distro=debian-12`,
    package: name,
    version: `1.2.${index % 7}-1`,
    severity: severities[index % severities.length]!,
    fix:
      index % 2 === 0
        ? { state: 'fixed', versions: [`1.3.${index % 5}-1`] }
        : { state: 'not-fixed', versions: [] },
    usage,
    ...(usage === 'present'
      ? { keptBy: 'apt depends on it', chain: [] }
      : {
          file: `/usr/lib/x86_64-linux-gnu/${name}.so.1`,
          chain: [
            { kind: 'entry', from: 'nginx -g daemon off;', to: '/usr/sbin/nginx', certain: true },
            {
              kind: 'needed',
              from: '/usr/sbin/nginx',
              to: `/usr/lib/x86_64-linux-gnu/${name}.so.1`,
              certain: true,
              proof: `${name}.so.1`,
            },
          ],
        }),
    ...(index % 10 === 0 && { kev: { dateAdded: '2026-10-01', dueDate: '2026-10-22', ransomware: true } }),
    ...(index % 4 === 0 && { epss: { probability: 0.42, percentile: 0.97 } }),
    ...(index % 7 === 3 && { nearMiss: { waiver: 'W-9', why: 'it expired on 2026-11-24T23:59:59.999Z' } }),
    ...(index % 9 === 5 && { waivedBy: 'W-1' }),
    ...(index % 13 === 7 && {
      suppressed: {
        kind: 'vex',
        status: 'not_affected',
        justification: 'vulnerable_code_not_present',
        author: 'Vendor',
        source: 'vendor.openvex.json',
      },
    }),
    ...(index % 17 === 8 && { suppressed: { kind: 'waiver', status: 'ignored', source: '.trivyignore' } }),
    ...changes,
  }
}

/** A refusal with `number` findings, of which the critical ones stop the image. */
export function refusal(number: number): Decision {
  return decisionOf(Array.from({ length: number }, (_, index) => findingOf(index)))
}

/** A refusal in which every name comes from an attacker; what runs sets `document.title` to `owned`. */
export function hostileRefusal(): Decision {
  const run = "document.title='owned'"
  const texts = [
    `<script>${run}</script>`,
    `<img src=x onerror="${run}">`,
    `"><svg onload="${run}">`,
    `' onmouseover='${run}' x='`,
    `javascript:${run}`,
    `<a href="javascript:${run}">press</a>`,
    `</title></style></script><script>${run}</script>`,
    `<meta http-equiv="refresh" content="0;url=https://evil.example">`,
    `<link rel="stylesheet" href="https://evil.example/x.css">`,
    '\u202ePASS\u0000\u001b[2J',
    'x'.repeat(3000),
  ]
  const findings = texts.map((text, index) =>
    findingOf(index, {
      id: text,
      aliases: [text],
      purl: text,
      package: text,
      version: text,
      severity: 'critical',
      file: text,
      chain: [{ kind: 'needed', from: text, to: text, certain: true, proof: text }],
      nearMiss: { waiver: text, why: text },
      fix: { state: 'fixed', versions: [text] },
      waivedBy: undefined,
    }),
  )
  const decision = decisionOf(findings)
  return {
    ...decision,
    destination: texts.join(' '),
    reasons: texts.map((text) => ({
      ...decision.reasons[0]!,
      rule: text,
      message: text,
      remedy: text,
      offenders: texts,
    })),
    waivers: texts.map((text) => ({
      id: text,
      owner: text,
      why: text,
      state: 'void',
      expires: text,
      findings: 0,
    })),
    breakGlass: { actor: texts[0]!, justification: texts[1]!, expires: texts[2]!, needed: true },
  }
}

function decisionOf(findings: readonly JudgedFinding[]): Decision {
  const counted = findings.filter(({ waivedBy, suppressed }) => !waivedBy && !suppressed)
  const critical = counted.filter(({ severity }) => severity === 'critical')
  const high = counted.filter(({ severity }) => severity === 'high')
  const policy = { source: 'gate.yaml', digest: digestOf('policy') }
  const reasonOf = (
    rule: string,
    effect: DecisionReason['effect'],
    broken: readonly JudgedFinding[],
  ): DecisionReason => ({
    effect,
    code: 'threshold-exceeded',
    rule,
    message: `${rule}: ${broken.length} findings, at most 0 allowed`,
    limit: 0,
    actual: broken.length,
    findings: broken,
    remedy: 'upgrade zlib1g to 1.3.0-1',
  })
  return {
    schema: 'https://sallyport.dev/schemas/decision/v1',
    verdict: 'fail',
    subject: digestOf('image'),
    destination: 'prod.example/team/app:1.4',
    tier: 'prod',
    policy,
    evaluatedAt: '2026-11-25T12:00:00.000Z',
    reasons: [
      reasonOf('critical executed', 'fail', critical),
      reasonOf('high fixable', 'warn', high),
      {
        effect: 'fail',
        code: 'setuid-file',
        rule: 'no setuid',
        message: '2 files with the setuid bit',
        offenders: ['/usr/bin/su', '/usr/bin/mount'],
        remedy: 'take the bit away, or name the files in the policy',
      },
      {
        effect: 'note',
        code: 'waiver-expired',
        message: 'waiver W-9 expired on 2026-11-24 and is not applied',
      },
    ],
    rules: [
      { rule: 'scan-complete', kind: 'precondition', mode: 'enforce', holds: true },
      {
        rule: 'critical executed',
        kind: 'threshold',
        mode: 'enforce',
        limit: 0,
        actual: critical.length,
        holds: false,
      },
      {
        rule: 'high fixable',
        kind: 'threshold',
        mode: 'warn',
        enforceFrom: '2027-01-01T00:00:00Z',
        limit: 0,
        actual: high.length,
        holds: false,
      },
      { rule: 'no setuid', kind: 'setuid', mode: 'enforce', holds: false },
    ],
    findings,
    waivers: [
      {
        id: 'W-1',
        state: 'applied',
        expires: '2026-12-01T00:00:00Z',
        nearExpiry: true,
        owner: 'platform',
        findings: 4,
      },
      { id: 'W-9', state: 'expired', expires: '2026-11-24T23:59:59.999Z', owner: 'payments', findings: 0 },
    ],
    inputs: {
      policy,
      waivers: [{ source: 'waivers.yaml', digest: digestOf('waivers') }],
      scanners: [
        {
          name: 'sallyport',
          version: '1.0.0',
          status: 'complete',
          data: [{ name: 'debian', digest: digestOf('data'), updatedAt: '2026-11-25T00:00:00Z' }],
        },
      ],
      evidence: [digestOf('sbom'), digestOf('provenance')],
      packages: 92,
    },
  }
}
