import { ImageError } from '../errors.ts'

/** Components that a path may have; far more than any real one. */
const maxDepth = 256

/**
 * Makes a name from a tar canonical: absolute, without `.`, empty parts and trailing slash. A leading slash means
 * the image's root, as for every runtime.
 *
 * @throws {ImageError} `PATH_INVALID` when it has a `..` or a NUL, or is too deep.
 */
export function entryPath(name: string): string {
  if (isPlain(name)) return `/${name}`
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  if (parts.includes('..')) throw invalid(name, 'has a ".." in it')
  if (name.includes('\0')) throw invalid(name, 'has a NUL in it')
  if (parts.length > maxDepth) throw invalid(name, `has more than ${maxDepth} parts`)
  return `/${parts.join('/')}`
}

/** Longest name that cannot have too many parts. */
const maxPlainLength = 2 * maxDepth

/** Whether a name is canonical but for its first slash, as nearly all are; not for every one that is. */
function isPlain(name: string): boolean {
  const last = name.charCodeAt(name.length - 1)
  return (
    name.length > 0 &&
    name.length <= maxPlainLength &&
    last !== 0x2f &&
    name.charCodeAt(0) !== 0x2f &&
    name.charCodeAt(0) !== 0x2e &&
    !name.includes('/.') &&
    !name.includes('//') &&
    !name.includes('\0')
  )
}

/** The path of a directory's child. */
export function joinPath(directory: string, name: string): string {
  return directory === '/' ? `/${name}` : `${directory}/${name}`
}

/** The directory of a canonical path; of the root the root. */
export function parentPath(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash <= 0 ? '/' : path.slice(0, slash)
}

/** The last part of a canonical path, empty for the root. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function invalid(name: string, what: string): ImageError {
  const path = name.slice(0, 200)
  return new ImageError('PATH_INVALID', `layer entry ${JSON.stringify(path)} ${what}`, { path })
}
