import { digestOf } from '@sallyport/core'
import type { Decision, DecisionReason } from '../decision.ts'
import type { JudgedFinding } from '../judged-finding.ts'

/** A finding of `zlib1g` that runs; the tests of explanations and reports change what they are about. */
export function findingOf(changes: Partial<JudgedFinding> = {}): JudgedFinding {
  return {
    id: 'CVE-2023-45853',
    aliases: ['DEBIAN-CVE-2023-45853'],
    purl: 'pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1?arch=amd64&distro=debian-12',
    package: 'zlib1g',
    version: '1:1.2.13.dfsg-1',
    severity: 'critical',
    fix: { state: 'fixed', versions: ['1:1.2.13.dfsg-1+deb12u1'] },
    usage: 'linked',
    file: '/usr/lib/x86_64-linux-gnu/libz.so.1.2.13',
    chain: [
      { kind: 'entry', from: 'nginx -g daemon off;', to: '/usr/sbin/nginx', certain: true },
      {
        kind: 'needed',
        from: '/usr/sbin/nginx',
        to: '/usr/lib/x86_64-linux-gnu/libz.so.1.2.13',
        certain: true,
        proof: 'libz.so.1',
      },
    ],
    ...changes,
  }
}

/** `number` findings, `each` in one package. */
export function manyFindings(number: number, each = 5): readonly JudgedFinding[] {
  const severities = ['low', 'medium', 'high', 'critical', 'unknown', 'negligible'] as const
  return Array.from({ length: number }, (_, index) => {
    const name = `package-${Math.floor(index / each)}`
    return findingOf({
      id: `CVE-2026-${10_000 + index}`,
      aliases: [],
      package: name,
      purl: `pkg:deb/debian/${name}@1.0`,
      version: '1.0',
      severity: severities[index % severities.length]!,
    })
  })
}

/** A reason to stop for these findings. */
export function reasonOf(
  findings: readonly JudgedFinding[],
  changes: Partial<DecisionReason> = {},
): DecisionReason {
  return {
    effect: 'fail',
    code: 'threshold-exceeded',
    rule: 'no critical',
    message: `no critical: ${findings.length} findings, at most 0 allowed`,
    limit: 0,
    actual: findings.length,
    findings,
    remedy: 'upgrade zlib1g to 1:1.2.13.dfsg-1+deb12u1',
    ...changes,
  }
}

/** A decision that stops an image for one finding. */
export function decisionOf(changes: Partial<Decision> = {}): Decision {
  const findings = changes.findings ?? [findingOf()]
  const policy = { source: 'gate.yaml', digest: digestOf('policy') }
  return {
    schema: 'https://sallyport.dev/schemas/decision/v1',
    verdict: 'fail',
    subject: digestOf('image'),
    destination: 'prod.example/team/app:1.4',
    tier: 'prod',
    policy,
    evaluatedAt: '2026-11-25T12:00:00.000Z',
    reasons: [reasonOf(findings)],
    rules: [
      {
        rule: 'no critical',
        kind: 'threshold',
        mode: 'enforce',
        limit: 0,
        actual: findings.length,
        holds: false,
      },
      { rule: 'scan-complete', kind: 'precondition', mode: 'enforce', holds: true },
    ],
    findings,
    waivers: [],
    inputs: {
      policy,
      waivers: [{ source: 'waivers.yaml', digest: digestOf('waivers') }],
      scanners: [
        {
          name: 'sallyport',
          version: '1.0.0',
          status: 'complete',
          data: [{ name: 'debian', updatedAt: '2026-11-25T00:00:00Z' }],
        },
      ],
      evidence: [digestOf('sbom')],
      packages: 92,
    },
    ...changes,
  }
}

/** Names as an attacker would choose them. */
const hostileTexts: readonly string[] = [
  '<script>document.title="owned"</script>',
  '<img src=x onerror=document.title="owned">',
  '"><svg/onload=document.title="owned">',
  "' onmouseover='document.title=1' x='",
  '[press me](javascript:document.title="owned")',
  '![x](https://evil.example/pixel.png) @everyone #1 https://evil.example www.evil.example',
  '</details></code>|cell|`code`**bold**$x$',
  '\u001b[2J\u001b[31mPASS\u0007\r\n\u202egnp.exe\u200b\u0000',
  '\ud800',
]

/** A decision in which everything that comes out of an image or a file is hostile. */
export function hostileDecision(): Decision {
  const findings = hostileTexts.map((text) =>
    findingOf({
      id: text,
      aliases: [text],
      purl: text,
      package: text,
      version: text,
      fix: { state: 'fixed', versions: [text] },
      file: text,
      keptBy: text,
      chain: [{ kind: 'needed', from: text, to: text, certain: true, proof: text }],
      nearMiss: { waiver: text, why: text },
      kev: { dateAdded: text, dueDate: text },
    }),
  )
  const text = hostileTexts.join(' ')
  return decisionOf({
    destination: text,
    tier: text,
    findings: [
      ...findings,
      findingOf({ waivedBy: text }),
      findingOf({ suppressed: { kind: 'vex', status: 'not_affected', source: text, author: text } }),
    ],
    reasons: [
      reasonOf(findings, { rule: text, message: text, remedy: text, offenders: hostileTexts }),
      ...hostileTexts.map((each) =>
        reasonOf([], { effect: 'note', code: each, message: each, remedy: each }),
      ),
    ],
    rules: [{ rule: text, kind: text, mode: 'warn', enforceFrom: text, holds: false }],
    waivers: [{ id: text, state: 'void', expires: text, owner: text, why: text, findings: 0 }],
    breakGlass: { justification: text, actor: text, expires: text, ticket: text, needed: true },
    policy: { source: text, digest: digestOf('policy') },
  })
}
