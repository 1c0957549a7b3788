import { HardenError } from '../../errors.ts'

const plain = /^[A-Za-z0-9._~+:@=-]+$/

/**
 * Gives a path of a mirror back when it stays inside it: file names of an index are somebody else's text.
 *
 * @throws {HardenError} `INDEX_INVALID` for an absolute path, `..`, empty parts and characters that mean something in a URL.
 */
export function checkMirrorPath(path: string): string {
  const parts = path.split('/')
  const isSafe =
    path.length <= 1024 && parts.every((part) => part !== '.' && part !== '..' && plain.test(part))
  if (isSafe) return path
  throw new HardenError('INDEX_INVALID', `not a path inside a mirror: ${JSON.stringify(path.slice(0, 200))}`)
}
