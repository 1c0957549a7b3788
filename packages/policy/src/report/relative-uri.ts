/** A path as a relative URI; segments that mean "here" or "up" stay names, so that it leads nowhere else. */
export function relativeUri(path: string): string {
  return path.split('/').map(encodeSegment).join('/')
}

function encodeSegment(segment: string): string {
  // Readers of URLs take `%2E%2E` for `..` as well; encoded twice it is a name to all of them.
  if (/^\.{1,2}$/.test(segment)) return segment.replaceAll('.', '%252E')
  return encodeURIComponent(segment.toWellFormed())
}
