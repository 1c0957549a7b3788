/** A Java runtime by its `release` file. */
export interface JavaRelease {
  readonly version: string
  /** Who built it, in lower case without blanks, e.g. `eclipseadoptium`; empty when it does not say. */
  readonly implementor: string
  readonly sourceRepository?: string | undefined
}

/**
 * Reads the `release` file in the folder of a Java runtime (JEP 223 for the versions); `undefined` when it is another
 * file of this name.
 */
export function parseJavaRelease(text: string): JavaRelease | undefined {
  const values = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    const [, name, value] = /^([A-Z_]{1,40})="?([^"\r]{0,300})/.exec(line) ?? []
    if (name !== undefined && value) values.set(name, value)
  }
  const short = values.get('JAVA_VERSION')
  if (short === undefined) return undefined
  const full = values.get('FULL_VERSION')
  const version =
    values.get('JAVA_RUNTIME_VERSION') ??
    (full?.split('.', 1)[0] === short.split('.', 1)[0] ? full : undefined) ??
    short
  return {
    version: version!,
    implementor: (values.get('IMPLEMENTOR') ?? '').toLowerCase().replaceAll(' ', ''),
    sourceRepository: values.get('SOURCE_REPO') ?? values.get('BUILD_SOURCE_REPO'),
  }
}
