import { isDigest } from '@sallyport/core'
import type { Weakness } from '../finding.ts'
import { severityOfWord } from '../severity/severity-order.ts'
import type { TrivyResult } from './trivy.schema.ts'

/** Secrets and misconfiguration of one part of a report. The secret's text is never taken over. */
export function toWeaknesses(result: TrivyResult, scanner: string): readonly Weakness[] {
  // secrets come with a leading slash, misconfiguration without
  const path = `/${result.Target.replace(/^\//, '').slice(0, 4096)}`
  const base = (severity: string | undefined, layer: string | undefined) => ({
    severity: severityOfWord(severity ?? '') ?? ('unknown' as const),
    path,
    layer: layer !== undefined && isDigest(layer) ? layer : undefined,
    scanner,
  })
  const secrets = (result.Secrets ?? []).map((secret): Weakness => ({
    kind: 'secret',
    id: secret.RuleID,
    title: (secret.Title ?? secret.RuleID).slice(0, 500),
    startLine: secret.StartLine,
    endLine: secret.EndLine,
    ...base(secret.Severity, secret.Layer?.DiffID),
  }))
  const faults = (result.Misconfigurations ?? []).filter(({ Status }) => Status !== 'PASS')
  return [
    ...secrets,
    ...faults.map((fault): Weakness => ({
      kind: 'misconfiguration',
      id: fault.ID,
      title: (fault.Title ?? fault.ID).slice(0, 500),
      message: fault.Message?.slice(0, 1000),
      startLine: fault.CauseMetadata?.StartLine,
      endLine: fault.CauseMetadata?.EndLine,
      ...base(fault.Severity, fault.Layer?.DiffID),
    })),
  ]
}
