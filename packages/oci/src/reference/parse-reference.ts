import { formatReference, isDigest, type Reference } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { printable } from '../internal/printable.ts'

/** Options of {@link parseReference}. */
export interface ParseReferenceOptions {
  /**
   * Registry of a name that names none, such as `alpine:3` or `team/app`. With `docker.io`, names get the meaning
   * that `docker pull` gives them (`alpine` is `docker.io/library/alpine`). Without it such a name is refused, because
   * a gate should not guess where an image comes from.
   */
  readonly defaultRegistry?: string | undefined
}

const maxLength = 1024
const dockerHub = 'docker.io'
const dockerHubAlias = 'index.docker.io'

const pathComponent = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const hostLabel = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const host = `(?:${hostLabel}(?:\\.${hostLabel})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?`
const tag = '[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}'
const hostPattern = new RegExp(`^${host}$`)
const pathPattern = new RegExp(`^${pathComponent}(?:/${pathComponent})*$`)
const tagPattern = new RegExp(`^${tag}$`)

/** Whether the text may stand as a tag (OCI distribution specification, "Pulling manifests"). */
export function isTag(text: string): boolean {
  return tagPattern.test(text)
}

/**
 * Reads `registry/repository[:tag][@digest]`, following the grammar that docker and containerd use. Docker Hub's
 * `index.docker.io` becomes `docker.io`, and its one-part names get `library/`. No tag is added where none is written.
 *
 * @throws {OciError} `REFERENCE_INVALID` when the text is no reference, or names no registry and there is no default.
 */
export function parseReference(text: string, { defaultRegistry }: ParseReferenceOptions = {}): Reference {
  const fail = (reason: string): never => {
    // What stands before an "@" that no digest follows is most likely a user name and a password.
    const shown = printable(text.replace(/^[^/]*@(?!sha\d+:)/, '[redacted]@'), 120)
    throw new OciError('REFERENCE_INVALID', `${reason}: "${shown}"`, { reference: shown })
  }
  if (text.length > maxLength) return fail(`a reference has at most ${maxLength} characters`)
  if (/^[a-f0-9]{64}$/.test(text)) return fail('a bare image id is no reference')

  const at = text.indexOf('@')
  const named = at < 0 ? text : text.slice(0, at)
  const digest = at < 0 ? undefined : text.slice(at + 1)
  if (digest !== undefined && !isDigest(digest)) {
    return fail('expected a sha256 or sha512 digest in lower case after "@"')
  }

  const { registry, rest } = splitRegistry(named, defaultRegistry)
  if (registry === undefined) {
    return fail('expected a registry, as in registry.example/team/app:1.4; the name has none')
  }
  if (!hostPattern.test(registry)) return fail('not a registry host')
  const colon = rest.indexOf(':')
  const path = colon < 0 ? rest : rest.slice(0, colon)
  const tagText = colon < 0 ? undefined : rest.slice(colon + 1)
  if (path !== path.toLowerCase()) return fail('a repository name must be in lower case')
  const repository = registry === dockerHub && !path.includes('/') ? `library/${path}` : path
  if (!pathPattern.test(path) || repository.length > 255) return fail('not a repository name')
  if (tagText !== undefined && !isTag(tagText)) return fail('not a tag')
  return {
    registry,
    repository,
    ...(tagText === undefined ? {} : { tag: tagText }),
    ...(digest === undefined ? {} : { digest }),
  }
}

/** The first part is a registry only if it looks like a host: a dot, a port, a capital letter, or `localhost`. */
function splitRegistry(
  name: string,
  defaultRegistry: string | undefined,
): { registry: string | undefined; rest: string } {
  const slash = name.indexOf('/')
  const first = name.slice(0, Math.max(slash, 0))
  const named = slash >= 0 && (first === 'localhost' || /[.:]/.test(first) || first !== first.toLowerCase())
  const registry = named ? first : defaultRegistry
  return {
    registry: registry === dockerHubAlias ? dockerHub : registry,
    rest: named ? name.slice(slash + 1) : name,
  }
}

/**
 * Checks a registry and repository that did not come from {@link parseReference}.
 *
 * @throws {OciError} `REFERENCE_INVALID`.
 */
export function checkRepositoryName(name: Pick<Reference, 'registry' | 'repository'>): void {
  const { registry, repository } = parseReference(
    formatReference({ registry: name.registry, repository: name.repository }),
  )
  if (registry !== name.registry || repository !== name.repository) {
    throw new OciError(
      'REFERENCE_INVALID',
      `expected ${registry}/${repository}, got ${name.registry}/${name.repository}`,
    )
  }
}
