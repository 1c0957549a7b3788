import { describe, expect, it } from 'vitest'
import type { UsageEdge } from './usage.ts'
import { buildUsageGraph } from './usage-graph.ts'

const edge = (from: string, to: string, certain: boolean, kind: UsageEdge['kind'] = 'needed'): UsageEdge => ({
  kind,
  from,
  to,
  certain,
})
const build = (edges: readonly UsageEdge[], leaves: readonly UsageEdge[] = []) =>
  buildUsageGraph(
    [edge('run', '/a', true, 'entry'), edge('/u', '/u', false, 'unowned')],
    async (path) => edges.filter(({ from }) => from === path),
    () => leaves,
  )
const chain = (edges: readonly UsageEdge[]) => edges.map(({ to }) => to)

describe('buildUsageGraph', () => {
  it('prefers a longer chain of certain steps to a shorter one with a possible step', async () => {
    const graph = await build([edge('/a', '/b', true), edge('/b', '/c', true), edge('/a', '/c', false)])
    expect(graph.usageOf('/c')).toBe('linked')
    expect(chain(graph.chainTo('/c'))).toEqual(['/a', '/b', '/c'])
  })

  it('gives the shortest of several chains of one class', async () => {
    const graph = await build([
      edge('/a', '/b', true),
      edge('/b', '/d', false),
      edge('/a', '/c', false),
      edge('/c', '/e', true),
      edge('/d', '/e', true),
      edge('/e', '/a', true),
    ])
    expect(graph.usageOf('/e')).toBe('possible')
    expect(chain(graph.chainTo('/e'))).toHaveLength(3)
  })

  it('takes more edges from one file than a call may have arguments', async () => {
    const many = Array.from({ length: 200_000 }, (_, index) => edge('/a', `/f${index}`, index % 2 === 0))
    const graph = await buildUsageGraph([edge('run', '/a', true, 'entry')], async (path) =>
      path === '/a' ? many : [],
    )
    expect(graph.usageOf('/f199998')).toBe('linked')
    expect(graph.usageOf('/f199999')).toBe('possible')
  })

  it('explains by a command what an unowned file reaches too', async () => {
    const graph = await build([edge('/u', '/x', true), edge('/a', '/y', false), edge('/y', '/x', false)])
    expect(graph.chainTo('/x')[0]!.kind).toBe('entry')
  })

  it('counts leaves as reached, without following them', async () => {
    const graph = await build([edge('/leaf', '/z', true)], [edge('/leaf', '/leaf', false, 'unowned')])
    expect([graph.usageOf('/leaf'), graph.usageOf('/z')]).toEqual(['possible', 'present'])
    expect(graph.chainTo('/z')).toEqual([])
    expect([...graph.reached()].sort()).toEqual(['/a', '/leaf', '/u'])
  })
})
