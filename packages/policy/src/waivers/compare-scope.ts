import type { Finding } from '@sallyport/scan'
import { type PurlParts, readPurl } from './read-purl.ts'
import { parseVersionRange, rangeContains, type VersionRange } from './version-range.ts'
import type { WaiverScope } from './waiver.ts'

/** The image whose findings are matched. */
export interface WaivedImage {
  /** That of the source and that of the image that would be promoted. */
  readonly digests: readonly string[]
  /** `registry/repository` of the destination. */
  readonly repository: string
}

/** A scope ready to be compared. */
export interface CompiledScope {
  readonly scope: WaiverScope
  readonly purl?: PurlParts | undefined
  readonly range?: VersionRange | undefined
}

/** A part of a scope that does not hold. */
export type ScopeMiss =
  | 'purl'
  | 'package'
  | 'binary'
  | 'version'
  | 'order'
  | 'qualifiers'
  | 'digest'
  | 'repository'

const compiled = new WeakMap<WaiverScope, CompiledScope>()

/** Parses what a scope names, once: it takes longer than looking up thousands of findings. */
export function compileScope(scope: WaiverScope): CompiledScope {
  const known = compiled.get(scope)
  if (known) return known
  const made = {
    scope,
    purl: scope.package === undefined ? undefined : readPurl(scope.package),
    range: scope.versions === undefined ? undefined : readRange(scope.versions),
  }
  compiled.set(scope, made)
  return made
}

function readRange(text: string): VersionRange | undefined {
  try {
    return parseVersionRange(text)
  } catch {
    return undefined
  }
}

/** The parts of a scope that don't hold for a finding of an image; none when it is covered. */
export function compareScope(
  { scope, purl, range }: CompiledScope,
  { package: found }: Finding,
  foundPurl: PurlParts | undefined,
  image: WaivedImage,
): readonly ScopeMiss[] {
  const misses: ScopeMiss[] = []
  if (scope.digest !== undefined && !image.digests.includes(scope.digest)) misses.push('digest')
  if (scope.repository !== undefined && scope.repository !== image.repository) misses.push('repository')
  if (scope.package === undefined) {
    const isEmpty = scope.digest === undefined && scope.repository === undefined
    return isEmpty ? ['package'] : misses
  }
  // `parseWaivers` refuses such a scope; others may make one.
  if (purl === undefined) return [...misses, 'package']
  if (foundPurl === undefined) return [...misses, 'purl']

  const isKin = purl.type === foundPurl.type && purl.namespace === foundPurl.namespace
  // Databases leave the source out where it is named like the package.
  const sourceName = found.sourceName ?? foundPurl.name
  const name = scope.sourcePackage ? sourceName : foundPurl.name
  if (!isKin || purl.name !== name) {
    return [...misses, isKin && purl.name === sourceName ? 'binary' : 'package']
  }
  const ofSource = scope.sourcePackage === true && found.sourceName !== undefined
  const versions = ofSource ? [found.sourceVersion] : [found.version, foundPurl.version]
  if (purl.version && !versions.includes(purl.version)) misses.push('version')
  if (scope.versions !== undefined) {
    const [version] = versions
    const contained = range && version !== undefined ? rangeContains(range, version) : undefined
    if (contained !== true) misses.push(contained === false ? 'version' : 'order')
  }
  if (
    Object.entries(purl.qualifiers).some(([key, value]) => foundPurl.qualifiers[key] !== value) ||
    (purl.subpath && purl.subpath !== foundPurl.subpath)
  ) {
    misses.push('qualifiers')
  }
  return misses
}

/** How far a miss is from a match. */
export const missDistance: Readonly<Record<ScopeMiss, number>> = {
  order: 8,
  version: 8,
  qualifiers: 16,
  digest: 32,
  repository: 32,
  binary: 128,
  package: 256,
  purl: 256,
}

/** Says in words what does not hold. */
export function describeMiss(miss: ScopeMiss, { scope, purl }: CompiledScope): string {
  const what = scope.package ?? ''
  switch (miss) {
    case 'purl':
      return 'the finding has no readable purl'
    case 'package':
      return `it is for ${scope.sourcePackage ? 'what is built of ' : ''}${what}`
    case 'binary':
      return `it is for ${what}, of whose source this is built (sourcePackage: true would cover it)`
    case 'version':
      return `it is for version ${purl?.version || scope.versions}`
    case 'order':
      return `the version can't be compared with ${scope.versions}`
    case 'qualifiers':
      return `it is for ${what} with these qualifiers only`
    case 'digest':
      return `it is for image ${scope.digest}`
    case 'repository':
      return `it is for ${scope.repository}`
  }
}

/**
 * How narrow a scope is, narrowest first when compared number by number: parts that it names, then how exact its version
 * is, and so on.
 */
export function narrowness({ scope, purl }: CompiledScope): readonly number[] {
  const parts = [scope.package, scope.digest, scope.repository].filter((part) => part !== undefined)
  return [
    parts.length,
    purl?.version ? 2 : scope.versions === undefined ? 0 : 1,
    scope.digest === undefined ? 0 : 1,
    scope.package === undefined ? 0 : 1,
    Object.keys(purl?.qualifiers ?? {}).length,
    scope.sourcePackage ? 0 : 1,
  ]
}
