/** Folders below which container runtimes mount a container's root. */
const runtimeRoots: readonly RegExp[] = [
  /^\/var\/lib\/docker\/overlay2\/[^/]+\/merged(?=\/|$)/,
  /^\/var\/lib\/docker\/rootfs\/[^/]+\/[^/]+(?=\/|$)/,
  /^\/var\/lib\/containers\/storage\/overlay\/[^/]+\/merged(?=\/|$)/,
  /^\/home\/[^/]+\/\.local\/share\/containers\/storage\/overlay\/[^/]+\/merged(?=\/|$)/,
  /^\/run\/containerd\/io\.containerd\.runtime\.v2\.task\/[^/]+\/[^/]+\/rootfs(?=\/|$)/,
]

/**
 * A path of the machine as the container sees it; `undefined` for one outside of its root. Without `roots` the path is
 * the container's own, unless it lies in a folder where a runtime mounts roots.
 */
export function toContainerPath(path: string, roots: readonly string[] | undefined): string | undefined {
  if (roots === undefined) {
    for (const root of runtimeRoots) {
      const found = root.exec(path)
      if (found) return path.slice(found[0].length) || '/'
    }
    return path
  }
  for (const root of roots) {
    const folder = root.replace(/\/+$/, '')
    if (path === folder) return '/'
    if (path.startsWith(`${folder}/`)) return path.slice(folder.length)
  }
  return undefined
}

/** Resolves `.` and `..` of an absolute path by its text; never above `/`. */
export function normalizePath(path: string): string {
  if (!/\/(?:\.{0,2}(?:\/|$))/.test(path)) return path
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return `/${parts.join('/')}`
}
