import { parseDependency, type ApkDependency } from './parse-dependency.ts'

/**
 * `/etc/apk/world` without the words that only removed packages satisfy: apk would bring them back the next time it
 * adds one. Words and lines that stay are as they were.
 */
export function editWorld(text: string, isGone: (dependency: ApkDependency) => boolean): string {
  return text.replaceAll(/(\S+)(\s*)/g, (whole, word: string) => {
    const dependency = parseDependency(word)
    return !dependency.isConflict && isGone(dependency) ? '' : whole
  })
}

/** `triggers` without the lines of some packages: a checksum, then the folders that it watches. */
export function editTriggers(text: string, removed: ReadonlySet<string>): string {
  return text
    .split(/(?<=\n)/)
    .filter((line) => !removed.has(line.trim().split(/\s/, 1)[0]!))
    .join('')
}

/** The ways in which apk 2 and 3 write the checksum (`C`) of a package in names of scripts and in `triggers`. */
export function checksumForms(checksum: string): readonly string[] {
  const match = /^Q([12])([A-Za-z0-9+/]+=*)$/.exec(checksum)
  if (!match) return [checksum]
  const hex = Buffer.from(match[2]!, 'base64').toString('hex')
  return [checksum, `X${match[1]}${hex}`]
}

/** The checksum in the name of a script: `name-version.checksum.action`; base64 has no point, though slashes. */
export function scriptChecksum(member: string): string | undefined {
  const action = member.lastIndexOf('.')
  const checksum = action < 0 ? -1 : member.lastIndexOf('.', action - 1)
  return checksum < 0 ? undefined : member.slice(checksum + 1, action)
}
