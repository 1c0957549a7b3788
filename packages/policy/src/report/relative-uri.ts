/** A path as a relative URI; segments that mean "here" or "up" stay names, so that it leads nowhere else. */
export function relativeUri(path: string): string {
  return path.split('/').map(encodeSegment).join('/')
}

function encodeSegment(segment: string): string {
  if (/^\.{1,2}$/.test(segment)) return segment.replaceAll('.', '%2E')
  return encodeURIComponent(segment.toWellFormed())
}
