import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createMetricsRegistry } from './metrics.ts'

describe('createMetricsRegistry', () => {
  it('writes counters, gauges and histograms', () => {
    const registry = createMetricsRegistry({
      asked: { type: 'counter', help: 'Asked.' },
      open: { type: 'gauge', help: 'Open.', read: () => [{ value: 3 }] },
      took_seconds: { type: 'histogram', help: 'Took.' },
    })
    registry.count('asked', { path: '/a' })
    registry.count('asked', { path: '/a' }, 2)
    registry.observe('took_seconds', {}, 0.002)
    registry.observe('took_seconds', {}, 60)
    const text = registry.format()
    const lines = text.split('\n')
    for (const line of [
      '# TYPE asked counter',
      'asked_total{path="/a"} 3',
      'open 3',
      '# UNIT took_seconds seconds',
      'took_seconds_bucket{le="0.001"} 0',
      'took_seconds_bucket{le="0.0025"} 1',
      'took_seconds_bucket{le="30"} 1',
      'took_seconds_bucket{le="+Inf"} 2',
      'took_seconds_count 2',
      'took_seconds_sum 60.002',
    ])
      expect(lines).toContain(line)
    expect(text.endsWith('\n# EOF\n')).toBe(true)
  })

  it('lets no label out of its quotes', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const registry = createMetricsRegistry({ asked: { type: 'counter', help: 'Asked.' } })
        registry.count('asked', { value })
        const [, , sample, end] = registry.format().split('\n')
        expect(end).toBe('# EOF')
        const quoted = /^asked_total\{value="((?:[^"\\\n]|\\["\\n])*)"\} 1$/.exec(sample!)?.[1]
        expect(quoted?.replaceAll(/\\(["\\n])/g, (_, one: string) => (one === 'n' ? '\n' : one))).toBe(value)
      }),
    )
  })

  it('stays bounded when labels are not', () => {
    const registry = createMetricsRegistry({ asked: { type: 'counter', help: 'Asked.' } })
    for (let at = 0; at < 5_000; at++) registry.count('asked', { at: `${at}` })
    expect(registry.format().split('\n').length).toBeLessThan(510)
  })
})
