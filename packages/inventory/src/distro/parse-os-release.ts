const assignment = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/
const maxLines = 1_000

/**
 * Reads the assignments of an os-release file (os-release(5)): comments, quotes and escapes as a shell has them,
 * nothing expanded. A line of another form, or with a quote that does not end, is left out; the last of two counts.
 */
export function parseOsRelease(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const line of text.replace(/^\uFEFF/, '').split('\n', maxLines)) {
    const match = assignment.exec(line.trim())
    const value = unquote(match?.[2] ?? '')
    if (match && value !== undefined) fields.set(match[1]!, value)
  }
  return fields
}

function unquote(text: string): string | undefined {
  const quote = text[0]
  if (quote === "'") return /^'([^']*)'$/.exec(text)?.[1]
  if (quote === '"') {
    return /^"((?:[^"\\]|\\.)*)"$/.exec(text)?.[1]?.replaceAll(/\\([\\"$`])/g, '$1')
  }
  return /^(?:[^\s"'\\$`;]|\\.)*$/.test(text) ? text.replaceAll(/\\(.)/g, '$1') : undefined
}
