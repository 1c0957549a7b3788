/** What Maven calls an artifact by. */
export interface MavenCoordinates {
  readonly groupId: string
  readonly artifactId: string
  readonly version: string
}

const identifier = /^[\w.-]{1,200}$/
const versionText = /^[\w.+~-]{1,200}$/

/**
 * Reads `pom.properties`, which Maven writes into each archive. What it lacks is taken from its folder,
 * `META-INF/maven/<group>/<artifact>/`. `undefined` when it still names nothing, e.g. a variable that was not replaced.
 */
export function parsePomProperties(text: string, path: string): MavenCoordinates | undefined {
  const values = new Map<string, string>()
  for (const line of text.split(/\r\n|\n|\r/)) {
    const trimmed = line.trim()
    if (trimmed.startsWith('#') || trimmed.startsWith('!')) continue
    const at = trimmed.search(/[=:]/)
    if (at > 0) values.set(trimmed.slice(0, at).trim(), trimmed.slice(at + 1).trim())
  }
  const folder = pomFolder(path)
  const groupId = values.get('groupId') || folder?.groupId
  const artifactId = values.get('artifactId') || folder?.artifactId
  const version = values.get('version')
  if (groupId === undefined || artifactId === undefined || version === undefined) return undefined
  return identifier.test(groupId) && identifier.test(artifactId) && versionText.test(version)
    ? { groupId, artifactId, version }
    : undefined
}

/** The artifact whose `pom.properties` or `pom.xml` lies at this path of an archive. */
export function pomFolder(path: string): Omit<MavenCoordinates, 'version'> | undefined {
  const [, groupId, artifactId] =
    /^META-INF\/maven\/([\w.-]{1,200})\/([\w.-]{1,200})\/pom\.[a-z]+$/.exec(path) ?? []
  return groupId === undefined || artifactId === undefined ? undefined : { groupId, artifactId }
}
