import { digestOf } from '@sallyport/core'
import type { Decision } from '@sallyport/policy'
import { describe, expect, it } from 'vitest'
import type { QuarantineEntry, QuarantineSummary } from '../ports/quarantine-store.ts'
import type { LayerChange } from '../promote/pair-layers.ts'
import type { ReleasedPlatform, ReleaseRecord } from '../record/release-record.ts'
import { layerChart } from './layer-chart.ts'
import { renderQuarantineHtml, renderQuarantineListHtml } from './render-quarantine.ts'
import { renderReleaseRecordHtml } from './render-release-record.ts'
import { stepTimeline } from './step-timeline.ts'

const decision: Decision = {
  schema: 'https://sallyport.dev/schemas/decision/v1',
  verdict: 'pass',
  subject: digestOf('image'),
  destination: 'prod.example/app:1',
  tier: 'prod',
  policy: { source: 'gate.yaml', digest: digestOf('policy') },
  evaluatedAt: '2026-11-25T12:00:00.000Z',
  reasons: [],
  rules: [],
  findings: [],
  waivers: [],
  inputs: {
    policy: { source: 'gate.yaml', digest: digestOf('policy') },
    waivers: [],
    scanners: [],
    evidence: [],
    packages: 3,
  },
}

const stored = (content: string, bytes: number) => ({ digest: digestOf(content), bytes })

function recordOf(
  changes: Partial<ReleaseRecord> = {},
  platform: Partial<ReleasedPlatform> = {},
): ReleaseRecord {
  return {
    schema: 'https://sallyport.dev/schemas/release-record/v1',
    key: digestOf('key'),
    source: { name: 'build.example/app:1', digest: digestOf('source') },
    target: { name: 'prod.example/app:1', digest: digestOf('target') },
    tier: 'prod',
    platforms: [
      {
        platform: 'linux/amd64',
        sourceDigest: digestOf('source'),
        digest: digestOf('target'),
        packages: { before: 4, after: 3 },
        bytes: { before: 2_000_000, after: 1_500_000 },
        findings: { before: 7, after: 0 },
        removed: [],
        patched: [],
        ...platform,
      },
    ],
    decision,
    evidence: [],
    signers: { evidence: 'a', release: 'b' },
    startedAt: '2026-11-25T12:00:00.000Z',
    finishedAt: '2026-11-25T12:00:31.000Z',
    steps: [],
    ...changes,
  }
}

const textOf = (page: { toString(): string } | undefined) =>
  String(page)
    .replace(/<style>[^]*?<\/style>|<script>[^]*?<\/script>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
const rects = (page: { toString(): string } | undefined) =>
  [...String(page).matchAll(/<rect[^>]* x="([\d.]+)%" width="([\d.]+)%"/g)].map(([, x, width]) => [
    Number(x),
    Number(width),
  ])

describe('renderReleaseRecordHtml', () => {
  it('shows where the findings went and what became of each layer', () => {
    const text = textOf(
      renderReleaseRecordHtml(
        recordOf(
          {},
          {
            origin: { before: { high: 4, low: 3 }, removed: 5, patched: 2, vanished: 0 },
            severities: { low: 2 },
            layers: [{ before: stored('a', 2_000_000), after: stored('b', 1_500_000) }],
          },
        ),
      ),
    )
    for (const part of [
      'RELEASED prod.example/app:1',
      '1 platform, 2.0 MB → 1.5 MB; 0 signed documents at the target.',
      'high 4 → 0',
      'The first scan found 7.',
      'removed by hardening, with their packages 5 (71 %)',
      'patched 2 (29 %)',
      '7 → 0 2 low',
      'linux/amd64: 2.0 MB → 1.5 MB',
    ])
      expect(text).toContain(part)
  })

  it('is whole for a record of an earlier version, which tells less', () => {
    const text = textOf(renderReleaseRecordHtml(recordOf()))
    expect(text).toContain('RELEASED')
    expect(text).not.toMatch(/Size by layer|before and after No finding|The first scan|undefined|NaN/)
  })

  it('does not mix platforms that tell with one that does not', () => {
    const [known] = recordOf(
      {},
      { origin: { before: { high: 1 }, removed: 1, patched: 0, vanished: 0 } },
    ).platforms
    const [unknown] = recordOf().platforms
    expect(textOf(renderReleaseRecordHtml(recordOf({ platforms: [known!, unknown!] })))).not.toContain(
      'The first scan',
    )
  })
})

describe('layerChart', () => {
  it.each<[string, LayerChange, string]>([
    ['unchanged', { before: stored('a', 1000), after: stored('a', 1000) }, '1.0 kB'],
    ['rewritten', { before: stored('a', 2000), after: stored('b', 1000) }, '2.0 kB → 1.0 kB'],
    ['emptied', { before: stored('a', 2000) }, '2.0 kB → nothing left'],
    ['new', { after: stored('a', 2000) }, 'new → 2.0 kB'],
  ])('tells of a layer that is %s', (_, layer, said) =>
    expect(textOf(layerChart('linux/amd64', [layer]))).toContain(said),
  )

  it('counts what it leaves out', () => {
    const layers = Array.from({ length: 100 }, (_, index) => ({ after: stored(String(index), index) }))
    const chart = layerChart('linux/amd64', layers)
    expect(rects(chart)).toHaveLength(39)
    expect(textOf(chart)).toContain('… and 60 more')
    expect(textOf(chart)).toContain('0 B → 5.0 kB')
  })
})

describe('stepTimeline', () => {
  const at = (seconds: number) => new Date(Date.UTC(2026, 10, 25, 12, 0, seconds)).toISOString()
  const stepsAt = (...seconds: readonly number[]) =>
    seconds.map((second, index) => ({ step: `step ${index}`, at: at(second), summary: '' }))

  it('sets each step after the one that ended before it', () => {
    const chart = stepTimeline(recordOf({ steps: stepsAt(20, 5, 10) }))
    expect(rects(chart)).toEqual([
      [0, 25],
      [25, 25],
      [50, 50],
    ])
    expect(textOf(chart)).toContain('step 1 at 5.0 s, 5.0 s after the one before')
  })

  it.each([
    ['there is no step', []],
    ['a time is none', [{ step: 'scan', at: 'yesterday', summary: '' }]],
    ['a step ended before the start', stepsAt(5, -60)],
  ])('draws nothing where %s', (_, steps) => expect(stepTimeline(recordOf({ steps }))).toBeUndefined())

  it('draws nothing for a promotion that ended before it started', () => {
    expect(stepTimeline(recordOf({ steps: stepsAt(1), finishedAt: '2025-01-01T00:00:00Z' }))).toBeUndefined()
  })

  it('is drawn for a promotion that took no time', () => {
    const chart = stepTimeline(recordOf({ steps: stepsAt(0, 0), finishedAt: at(0) }))
    expect(rects(chart)).toEqual([])
    expect(textOf(chart)).not.toContain('NaN')
  })
})

describe('renderQuarantineHtml', () => {
  it('is whole for an image of which nothing is known but that it could not be judged', () => {
    const reasons = [{ effect: 'error' as const, code: 'step-failed', message: 'the scanner gave no answer' }]
    const entry: QuarantineEntry = {
      record: {
        id: '0'.repeat(32),
        quarantinedAt: '2026-11-25T12:00:00.000Z',
        source: 'build.example/app:1',
        sourceDigest: digestOf('source'),
        destination: 'prod.example/app:1',
        tier: 'prod',
        decision: { ...decision, verdict: 'error', reasons },
        platforms: [],
        explanation: '',
        findings: [],
        evidence: [],
        nextSteps: [],
      },
      status: { state: 'open' },
    }
    const text = textOf(renderQuarantineHtml(entry))
    expect(text).toContain('ERROR prod.example/app:1')
    expect(text).toContain('What stops it step-failed no finding')
    expect(text).not.toMatch(/allowed|undefined|NaN|Nothing stops/)
  })
})

describe('renderQuarantineListHtml', () => {
  const summaryOf = (changes: Partial<QuarantineSummary>): QuarantineSummary => ({
    id: '0'.repeat(32),
    state: 'open',
    quarantinedAt: '2026-11-25T12:00:00.000Z',
    source: 'build.example/app:1',
    sourceDigest: digestOf('source'),
    destination: 'prod.example/app:1',
    tier: 'prod',
    verdict: 'fail',
    findings: 1,
    reason: 'no critical',
    ...changes,
  })

  it('counts by the worst finding and by state', () => {
    const text = textOf(
      renderQuarantineListHtml([
        summaryOf({ worst: 'critical' }),
        summaryOf({ worst: 'critical', state: 'approved' }),
        summaryOf({ worst: 'low', state: 'rejected' }),
        summaryOf({ findings: 0, verdict: 'error' }),
      ]),
    )
    expect(text).toContain('2 OPEN Quarantine')
    expect(text).toContain('critical 2 1 open, 1 approved low 1 1 rejected no finding 1 1 open')
  })

  it('has a place for none', () => {
    const text = textOf(renderQuarantineListHtml([]))
    expect(text).toContain('NONE OPEN Quarantine')
    expect(text).not.toMatch(/undefined|NaN/)
  })
})
