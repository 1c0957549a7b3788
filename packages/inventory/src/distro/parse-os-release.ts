const assignment = /^([A-Z][A-Z0-9_]*)=(.*)$/

/** Reads the assignments of an os-release file (os-release(5)): comments, quotes and escapes as a shell has them. */
export function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const line of text.split('\n').slice(0, 1_000)) {
    const match = assignment.exec(line.trim())
    if (match) fields.set(match[1]!, unquote(match[2]!))
  }
  return fields
}

function unquote(value: string): string {
  const quote = value[0]
  if (value.length >= 2 && (quote === '"' || quote === "'") && value.endsWith(quote)) {
    const inner = value.slice(1, -1)
    return quote === '"' ? inner.replaceAll(/\\([\\"$`])/g, '$1') : inner
  }
  return value
}
