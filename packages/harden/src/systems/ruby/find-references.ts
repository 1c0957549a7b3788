import type { Package } from '@sallyport/inventory'

const required =
  /(?:require|load|gem|activate_bin_path|autoload)\b[^\n"']{0,100}["']([\w.-]+)(?:\/[\w./-]*)?["']/g

/**
 * Gems that a text refers to: Ruby source by what it requires, a command or script of the shell by a name in it.
 * `byFeature`: gems by their names, and by what is in their `lib`.
 */
export function findReferences(
  byFeature: ReadonlyMap<string, readonly Package[]>,
  text: string,
  path?: string,
): readonly Package[] {
  const isCommand = path === undefined || /\.(?:ba)?sh$|\/[^/.]+$/.test(path)
  if (!isCommand && !/\.(?:rb|ru|rake|gemspec)$/.test(path)) return []
  const names = [...text.matchAll(required)].map(([, name]) => name!)
  if (isCommand) names.push(...text.split(/[^\w.-]+/))
  return [...new Set(names.flatMap((name) => byFeature.get(name) ?? []))]
}

const locked = /^ {4}([\w.-]+) \(/gm

/** Names of the gems in a lock file of Bundler. */
export function lockedNames(text: string): readonly string[] {
  return [...text.matchAll(locked)].map(([, name]) => name!)
}
