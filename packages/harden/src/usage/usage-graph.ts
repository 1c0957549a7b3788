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

/**
 * Edges that leave a file. `isFollowed`: whether something uses the file itself, as against the runtime it belongs to.
 * Asked at most once for each file and way.
 */
export type EdgesOf = (path: string, isFollowed: boolean) => Promise<readonly UsageEdge[]>

/**
 * Walks the edges from the roots, breadth first: once over certain edges only, from certain roots, then over all. So
 * the first edge that reaches a path is on a shortest chain of its strongest class. Leaves are reached too, but only
 * followed when something else reaches them; `leavesOf` is told what was reached before. What recordings show to run
 * is a certain root; data that they show to be opened is a leaf.
 */
export async function buildUsageGraph(
  roots: readonly UsageEdge[],
  edgesOf: EdgesOf,
  leavesOf: (reached: Iterable<string>) => readonly UsageEdge[] = () => [],
  { executed, loaded, opened }: Pick<TracedFiles, 'executed' | 'loaded' | 'opened'> = noTraces,
): Promise<UsageGraph> {
  const linked = new Map<string, UsageEdge>()
  const possible = new Map<string, UsageEdge>()
  const leaving = new Map<string, readonly UsageEdge[]>()
  const edges = async (path: string): Promise<readonly UsageEdge[]> => {
    const known = leaving.get(path)
    if (known) return known
    const found = await edgesOf(path, true)
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
  leaving.clear()
  const isReached = (path: string) => linked.has(path) || possible.has(path)
  const partly = new Set<string>()
  await walk(seeds, edgesOf, possible, isReached, partly)
  await walk(roots.filter(isUnowned), edgesOf, possible, isReached, partly)
  for (const leaf of [...opened.values(), ...leavesOf([...linked.keys(), ...possible.keys()])]) {
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
        if (/^(?:entry|trace|data-pack)$/.test(edge.kind) || edge.from === at) break
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
  /** Paths that only their runtime has reached so far. */
  partly = new Set<string>(),
): Promise<void> {
  const queue = [...seeds]
  for (let next = 0; next < queue.length; next++) {
    const edge = queue[next]!
    const isFollowed = edge.kind !== 'runtime' || edge.certain
    const isKnown = known(edge.to)
    if (isKnown && !(isFollowed && partly.delete(edge.to))) continue
    if (!isKnown) into.set(edge.to, edge)
    if (!isFollowed) partly.add(edge.to)
    // One by one: a folder of a runtime has more edges than a call may have arguments.
    for (const leaving of await edgesOf(edge.to, isFollowed)) queue.push(leaving)
  }
}
