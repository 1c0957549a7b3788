import type { TracedFiles } from '../evidence/traced-files.ts'
import type { Usage, UsageEdge } from './usage.ts'

/** Which files are reached, how strongly, and over which edge first. */
export interface UsageGraph {
  /** Strongest class of a path; `present` when it is not reached. `executed` and `loaded` are known from recordings alone. */
  usageOf(path: string): Usage
  /**
   * Shortest chain of the path's strongest class, from an entry (or an unowned file) to it; empty when it is not
   * reached. Of what a recording shows to be executed or loaded, what it shows.
   */
  chainTo(path: string): readonly UsageEdge[]
  reached(): ReadonlySet<string>
}

/** Edges that leave a file; asked once for each file. */
export type EdgesOf = (path: string) => Promise<readonly UsageEdge[]>

/**
 * Walks the edges from the roots, breadth first: once over certain edges only, from certain roots, then over all. So
 * the first edge that reaches a path is on a shortest chain of its strongest class. `leaves` are reached too, but only
 * followed when something else reaches them. What recordings show to run is a certain root; data that they show to be
 * opened is a leaf.
 */
export async function buildUsageGraph(
  roots: readonly UsageEdge[],
  edgesOf: EdgesOf,
  leaves: readonly UsageEdge[] = [],
  { executed, loaded, opened }: Pick<TracedFiles, 'executed' | 'loaded' | 'opened'> = noTraces,
): Promise<UsageGraph> {
  const linked = new Map<string, UsageEdge>()
  const possible = new Map<string, UsageEdge>()
  const leaving = new Map<string, readonly UsageEdge[]>()
  const edges = async (path: string): Promise<readonly UsageEdge[]> => {
    const known = leaving.get(path)
    if (known) return known
    const found = await edgesOf(path)
    leaving.set(path, found)
    return found
  }

  await walk(
    [...roots.filter(({ certain }) => certain), ...executed.values(), ...loaded.values()],
    async (path) => (await edges(path)).filter(({ certain }) => certain),
    linked,
    (path) => linked.has(path),
  )
  // From the commands first: a file that they reach is not explained by nobody owning it.
  const isUnowned = ({ kind }: UsageEdge) => kind === 'unowned'
  const seeds: UsageEdge[] = roots.filter((edge) => !edge.certain && !isUnowned(edge))
  for (const path of linked.keys()) {
    for (const edge of await edges(path)) if (!edge.certain) seeds.push(edge)
  }
  const isReached = (path: string) => linked.has(path) || possible.has(path)
  await walk(seeds, edges, possible, isReached)
  await walk(roots.filter(isUnowned), edges, possible, isReached)
  for (const leaf of [...opened.values(), ...leaves]) {
    if (!linked.has(leaf.to) && !possible.has(leaf.to)) possible.set(leaf.to, leaf)
  }

  return {
    usageOf(path) {
      if (executed.has(path)) return 'executed'
      if (loaded.has(path)) return 'loaded'
      return linked.has(path) ? 'linked' : possible.has(path) ? 'possible' : 'present'
    },
    chainTo(path) {
      const seenToRun = executed.get(path) ?? loaded.get(path)
      if (seenToRun) return [seenToRun]
      const chain: UsageEdge[] = []
      const seen = new Set<string>()
      for (let at = path; !seen.has(at);) {
        seen.add(at)
        const edge = linked.get(at) ?? possible.get(at)
        if (!edge) break
        chain.unshift(edge)
        if (edge.kind === 'entry' || edge.kind === 'trace' || edge.from === at) break
        at = edge.from
      }
      return chain
    },
    reached: () => new Set([...linked.keys(), ...possible.keys()]),
  }
}

const noTraces = { executed: new Map(), loaded: new Map(), opened: new Map() }

async function walk(
  seeds: readonly UsageEdge[],
  edgesOf: EdgesOf,
  into: Map<string, UsageEdge>,
  known: (path: string) => boolean,
): Promise<void> {
  const queue = [...seeds]
  for (let next = 0; next < queue.length; next++) {
    const edge = queue[next]!
    if (known(edge.to)) continue
    into.set(edge.to, edge)
    // One by one: a folder of a runtime has more edges than a call may have arguments.
    for (const leaving of await edgesOf(edge.to)) queue.push(leaving)
  }
}
