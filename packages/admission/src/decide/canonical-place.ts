// One place has one name: rules that are written or evaded by another spelling would be about nothing.

const dockerHub = 'docker.io'

/** A host in lower case, its port without zeros before it; Docker Hub by its short name. */
export function canonicalRegistry(registry: string): string {
  const plain = registry.toLowerCase().replace(/:0+(?=\d+$)/, ':')
  return plain === 'index.docker.io' ? dockerHub : plain
}

/** A repository as its registry calls it: Docker Hub's own are below `library`. */
export function repositoryIn(registry: string, repository: string): string {
  return registry === dockerHub && !repository.includes('/') ? `library/${repository}` : repository
}

/** What patterns are compared with: the port of HTTPS says nothing. */
export function matchedPlace(place: string): string {
  return place.replace(/^([^/]*):443(?=\/|$)/, '$1')
}

/** A pattern of images, or a registry with or without a path, in the same spelling. */
export function canonicalPattern(pattern: string): string {
  const slash = pattern.indexOf('/')
  if (slash < 0) return matchedPlace(canonicalRegistry(pattern))
  const registry = canonicalRegistry(pattern.slice(0, slash))
  const path = pattern.slice(slash + 1)
  return matchedPlace(`${registry}/${path.includes('*') ? path : repositoryIn(registry, path)}`)
}
