import type { ArchiveFacts } from './examine-archive.ts'
import { knownGroup } from './known-groups.ts'
import type { JavaManifest } from './parse-manifest.ts'
import type { MavenCoordinates } from './parse-pom-properties.ts'

/** How an archive is called. */
export interface ArchiveNaming {
  /** The archive itself; absent when nothing tells its version. */
  readonly own?:
    | (Omit<MavenCoordinates, 'groupId'> & {
        readonly groupId: string
        /** Whether the group id is only a guess by the manifest, or the artifact id in its place. */
        readonly groupIsGuess: boolean
        readonly method: 'java-pom-properties' | 'java-manifest' | 'java-file-name'
      })
    | undefined
  /** What else was packed into it. */
  readonly shaded: readonly MavenCoordinates[]
}

/**
 * Names an archive: by the `pom.properties` that fits its file name, else by its file name and manifest, of which
 * only the first is sure to hold what Maven calls it.
 */
export function nameArchive(
  fileName: string,
  { manifest, poms, pomFolders }: Pick<ArchiveFacts, 'manifest' | 'poms' | 'pomFolders'>,
): ArchiveNaming {
  const base = fileName.slice(fileName.lastIndexOf('/') + 1).replace(/\.[^.]*$/, '')
  const named = parseArchiveName(base)
  const pom = ownPom(base, named, poms)
  if (pom) {
    return {
      own: { ...pom, groupIsGuess: false, method: 'java-pom-properties' },
      shaded: poms.filter((one) => one !== pom),
    }
  }
  const version = named.version ?? versionOf(manifest)
  if (named.artifactId === '' || version === undefined) return { shaded: poms }
  // Bundles of Eclipse are named by group and artifact.
  const folder = pomFolders.find(
    (one) => one.artifactId === named.artifactId || `${one.groupId}.${one.artifactId}` === named.artifactId,
  )
  const artifactId = folder?.artifactId ?? named.artifactId
  const sure = folder?.groupId ?? identifierOf(manifest['Group-Id']) ?? knownGroup(artifactId)
  const method = named.version === undefined || sure === undefined ? 'java-manifest' : 'java-file-name'
  const guess = guessGroup(artifactId, manifest)
  return {
    own: {
      groupId: sure ?? guess ?? artifactId,
      artifactId,
      version,
      groupIsGuess: sure === undefined,
      method: sure === undefined && guess === undefined ? 'java-file-name' : method,
    },
    shaded: poms,
  }
}

/**
 * Splits the name of an archive where a part begins with a digit: `bcprov-jdk15on-1.70`, `org.eclipse.osgi_3.7.1`.
 */
export function parseArchiveName(base: string): {
  readonly artifactId: string
  readonly version?: string | undefined
} {
  const plain = base.slice(0, 300).replace(/-(?:sources|javadoc|tests)$/, '')
  const match = /-(?=\d|build\d|rc?\d)/i.exec(plain) ?? /[_.](?=\d+(?:\.|$))/.exec(plain)
  return match
    ? { artifactId: plain.slice(0, match.index), version: plain.slice(match.index + 1) }
    : { artifactId: plain }
}

function ownPom(
  base: string,
  { artifactId, version }: ReturnType<typeof parseArchiveName>,
  poms: readonly MavenCoordinates[],
): MavenCoordinates | undefined {
  const fits = poms
    .filter((pom) => base === pom.artifactId || base.startsWith(`${pom.artifactId}-${pom.version}`))
    .sort((one, other) => other.artifactId.length - one.artifactId.length)
  const sameName = poms.filter((pom) => pom.artifactId === artifactId)
  if (fits.length > 0) return fits[0]
  if (sameName.length === 1) return sameName[0]
  // A file that was renamed still has the same version, or none.
  const only = poms.length === 1 ? poms[0] : undefined
  return only && (version === undefined || version === only.version) ? only : undefined
}

function versionOf(manifest: JavaManifest): string | undefined {
  return [
    manifest['Implementation-Version'],
    manifest['Plugin-Version'],
    manifest['Bundle-Version'],
    manifest['Specification-Version'],
  ].find((text) => text !== undefined && /^[\w.+~-]{1,200}$/.test(text) && /\d/.test(text))
}

/** Manifests name bundles and vendors, which often are or hold the group id. */
function guessGroup(artifactId: string, manifest: JavaManifest): string | undefined {
  const bundle = identifierOf(manifest['Bundle-SymbolicName']?.split(';', 1)[0]?.trim())
  if (bundle?.endsWith(`.${artifactId}`) && artifactId.includes('-')) {
    return bundle.slice(0, -artifactId.length - 1)
  }
  return (
    identifierOf(manifest['Implementation-Vendor-Id']) ??
    bundle ??
    identifierOf(manifest['Automatic-Module-Name']) ??
    identifierOf(manifest['Extension-Name'])
  )
}

const identifierOf = (text: string | undefined): string | undefined =>
  text !== undefined && /^[A-Za-z][\w-]*(?:\.[\w-]+)+$/.test(text) && text.length <= 200 ? text : undefined
