/** How many requests went to a host, repetitions, redirects and sign-ins included. */
export interface RequestCount {
  /** Host with its port where it is not the scheme's own. */
  readonly host: string
  /** HTTP method. */
  readonly method: string
  /** Requests so far. */
  readonly count: number
}

/** Counts requests. */
export interface RequestCounts {
  add(host: string, method: string): void
  /** The counts so far, by host and method in alphabetical order. */
  list(): readonly RequestCount[]
}

/** A host that is reached by redirects may have a new name each time; beyond this many, they are counted as one. */
const maxHosts = 1000

/** Creates counts that begin at zero. */
export function createRequestCounts(): RequestCounts {
  const hosts = new Map<string, Map<string, number>>()
  return {
    add(host, method) {
      const key = hosts.has(host) || hosts.size < maxHosts ? host : 'others'
      const methods = hosts.get(key) ?? new Map<string, number>()
      methods.set(method, (methods.get(method) ?? 0) + 1)
      hosts.set(key, methods)
    },
    list: () =>
      [...hosts]
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .flatMap(([host, methods]) =>
          [...methods]
            .sort(([one], [other]) => (one < other ? -1 : 1))
            .map(([method, count]) => ({ host, method, count })),
        ),
  }
}

/** What came after `before`, a list of the same counts taken earlier. Nothing is listed with a count of zero. */
export function requestsSince(
  before: readonly RequestCount[],
  after: readonly RequestCount[],
): readonly RequestCount[] {
  return after.flatMap(({ host, method, count }) => {
    const earlier = before.find((each) => each.host === host && each.method === method)?.count ?? 0
    return count > earlier ? [{ host, method, count: count - earlier }] : []
  })
}
