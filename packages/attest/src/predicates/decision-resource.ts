/**
 * What a decision about an image in `repository` names as its resource (SLSA VSA, `resourceUri`): the repository as a
 * package URL, which binds the decision to its destination.
 *
 * @param repository `registry/repository`.
 */
export function decisionResource(repository: string): string {
  const name = repository.slice(repository.lastIndexOf('/') + 1)
  return `pkg:oci/${encodeURIComponent(name)}?repository_url=${encodeURIComponent(repository)}`
}
