import { isPackageManagerCache } from '../../usage/ignored-paths.ts'
import { type CheckContext, type CheckFinding, describeUse, useOf } from '../check-context.ts'

/** Folders in which package managers keep what they can fetch again. */
const caches = [
  /^\/var\/cache\/apk\/./,
  /^\/etc\/apk\/cache\/./,
  /^\/var\/cache\/(?:dnf|yum|zypp|libdnf5|PackageKit)\/./,
  /^\/(?:root|home\/[^/]+)\/\.cache\/(?:pip|yarn|go-build|composer|uv|pypoetry)\/./,
  /^\/(?:root|home\/[^/]+)\/\.npm\/_(?:cacache|logs)\/./,
  /^\/(?:root|home\/[^/]+)\/\.composer\/cache\/./,
  /^\/usr\/local\/share\/\.cache\/yarn\/./,
]

const leftBehind =
  /\/(?:\.git\/.+|\.gitignore|\.gitattributes|\.github\/.+|\.hg\/.+|\.svn\/.+|\.DS_Store|Dockerfile|\.dockerignore|docker-compose\.ya?ml|\.vscode\/.+|\.idea\/.+|\.(?:bash|python|mysql|psql)_history)$/

/** Caches of package managers. */
export function checkPackageCaches(context: CheckContext): readonly CheckFinding[] {
  return findFiles(
    context,
    (path) => isPackageManagerCache(path) || caches.some((cache) => cache.test(path)),
    'a cache of a package manager',
  )
}

/** Files that were copied along, and that no program of the image is likely to read. */
export function checkLeftBehind(context: CheckContext): readonly CheckFinding[] {
  return findFiles(context, (path) => leftBehind.test(path), 'left behind by development')
}

function findFiles(
  context: CheckContext,
  matches: (path: string) => boolean,
  detail: string,
): readonly CheckFinding[] {
  return context.nodes
    .filter(({ path, type }) => type !== 'directory' && matches(path) && !context.ownerOf.has(path))
    .map(({ path }) => {
      const edge = useOf(context, path)
      return {
        subject: path,
        detail,
        blocked: edge && describeUse(edge),
        changes: [{ change: 'remove', path }],
      }
    })
}
