import { isRecord } from './fields.schema.ts'
import type { ProvenancePredicate } from './provenance.ts'
import type { ProvenanceV02Predicate } from './provenance-v02.ts'

/** Where a build took its source from, as the provenance says. */
export interface BuildSource {
  /** `https://host/path`, without `git+` and without a ref. */
  readonly repository: string
  /** `refs/heads/main` or `refs/tags/v1`. */
  readonly ref?: string | undefined
  /** The branch that a tag was made from, where the builder says so. */
  readonly branch?: string | undefined
}

/** The source that started a build; `undefined` when the provenance names none in a form that is known. */
export function findBuildSource(
  provenance: ProvenancePredicate | ProvenanceV02Predicate,
): BuildSource | undefined {
  return isProvenanceV1(provenance) ? findInParameters(provenance) : findInInvocation(provenance)
}

/** Tells the versions apart by the field that only version 1 has and must have. */
export function isProvenanceV1(
  provenance: ProvenancePredicate | ProvenanceV02Predicate,
): provenance is ProvenancePredicate {
  return 'buildDefinition' in provenance
}

/** `git+https://host/path.git@refs/heads/main` or a part of it, taken apart. */
export function parseSourceUri(uri: string): BuildSource | undefined {
  const [, host, path = '', ref] =
    /^(?:git\+)?(?:https:\/\/)?([a-z0-9.-]+(?::\d+)?)\/([^@?#\s]+?)(?:\.git)?\/?(?:@([^@?#\s]+))?$/i.exec(
      uri,
    ) ?? []
  if (host === undefined) return undefined
  return { repository: `https://${host.toLowerCase()}/${path}`, ref }
}

/**
 * Only external parameters say what the build was asked to build; resolved dependencies may list any repository. The
 * forms: `workflow` (GitHub Actions), `source` as text or descriptor (slsa-github-generator and others), and
 * `buildConfigSource` (Google Cloud Build).
 */
function findInParameters({ buildDefinition }: ProvenancePredicate): BuildSource | undefined {
  const { externalParameters } = buildDefinition
  for (const name of ['workflow', 'buildConfigSource']) {
    const given = externalParameters[name]
    if (!isRecord(given) || typeof given['repository'] !== 'string') continue
    const source = parseSourceUri(given['repository'])
    return source && { ...source, ref: typeof given['ref'] === 'string' ? given['ref'] : undefined }
  }
  const { source } = externalParameters
  const uri = isRecord(source) ? source['uri'] : source
  return typeof uri === 'string' ? parseSourceUri(uri) : undefined
}

function findInInvocation({ invocation }: ProvenanceV02Predicate): BuildSource | undefined {
  const source = parseSourceUri(invocation?.configSource?.uri ?? '')
  const event = invocation?.environment?.['github_event_payload']
  const base = isRecord(event) ? event['base_ref'] : undefined
  return source && { ...source, branch: typeof base === 'string' ? base : undefined }
}
