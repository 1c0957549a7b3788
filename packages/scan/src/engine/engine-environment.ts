const passed = [
  'PATH',
  'LANG',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'HTTP_PROXY',
  'HTTPS_PROXY',
  'NO_PROXY',
  'ALL_PROXY',
]

/**
 * The environment of a scanner's process. Nothing else of ours gets through: variables of the scanner could hide
 * findings, the home folder holds registry credentials.
 */
export function toEngineEnvironment(
  parent: Readonly<Record<string, string | undefined>>,
  directory: string,
  added: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const environment: Record<string, string> = {}
  for (const name of passed.flatMap((each) => [each, each.toLowerCase()])) {
    const value = parent[name]
    if (value !== undefined) environment[name] = value
  }
  return { ...environment, HOME: directory, TMPDIR: directory, ...added }
}
