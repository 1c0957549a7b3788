import * as z from 'zod'
import { matchGlob } from '../evaluate/match-glob.ts'
import type { RuleKind } from '../rules/rule-kind.ts'
import { broken, holds } from '../rules/rule-result.ts'
import { allowsMore } from './tightening.ts'

/** What may be promoted at all: `image`, or artifact types, as globs. */
export interface ArtifactTypesRule {
  readonly allow: readonly string[]
}

/** Media types of manifests and configurations that say that something is an image. */
const imageTypes: ReadonlySet<string> = new Set([
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.container.image.v1+json',
])

/** `artifactTypes`. */
export const artifactTypesKind: RuleKind<ArtifactTypesRule> = {
  schema: z.strictObject({ allow: z.array(z.string().min(1).max(255)).min(1).max(100) }),
  loosened: (parent, child) => allowsMore(['allow'], parent.allow, child.allow),
  evaluate({ allow }, { facts: { artifactType } }) {
    const type = artifactType === undefined || imageTypes.has(artifactType) ? 'image' : artifactType
    return allow.some((glob) => matchGlob(glob, type))
      ? holds(type)
      : broken('artifact-type-not-allowed', `${type} may not be promoted`, { offenders: [type] })
  },
}
