/** A purl without its version, qualifiers and subpath. */
export function nameOfPurl(purl: string): string {
  const qualifiers = purl.indexOf('?')
  const subpath = purl.indexOf('#')
  let end = purl.length
  if (qualifiers !== -1) end = qualifiers
  if (subpath !== -1 && subpath < end) end = subpath
  const at = purl.lastIndexOf('@', end - 1)
  // the @ of a scope of npm stands after a slash
  return purl.slice(0, at > 0 && purl[at - 1] !== '/' ? at : end)
}
