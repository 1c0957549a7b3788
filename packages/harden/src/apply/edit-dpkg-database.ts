import type { Package } from '@sallyport/inventory'

/**
 * Leaves out the stanzas of some packages from the text of a dpkg database; every other byte stays. A stanza is found by
 * its exact text.
 */
export function removeStanzas(text: string, removed: readonly Package[]): string {
  const gone = new Set(removed.flatMap(({ dpkg }) => (dpkg ? [dpkg.stanza] : [])))
  return splitStanzas(text)
    .filter((part) => !gone.has(part.trimEnd()))
    .join('')
}

/** Leaves out the stanzas whose `Package` field is one of `names`, as in apt's extended_states. */
export function removeStanzasByName(text: string, names: ReadonlySet<string>): string {
  return splitStanzas(text)
    .filter((part) => !names.has(/^Package:\s*(\S+)/m.exec(part)?.[1] ?? ''))
    .join('')
}

/** Parts of a control file, each with the blank lines after it. */
function splitStanzas(text: string): readonly string[] {
  return text.match(/(?:[^\n]*[^\s\n][^\n]*(?:\n|$))+(?:[^\S\n]*\n)*|(?:[^\S\n]*\n)+/g) ?? []
}

/** Leaves out the diversions of some packages: three lines for each. */
export function removeDiversions(text: string, names: ReadonlySet<string>): string {
  const lines = text.split('\n')
  const kept: string[] = []
  for (let index = 0; index + 2 < lines.length; index += 3) {
    if (!names.has(lines[index + 2]!)) kept.push(...lines.slice(index, index + 3))
  }
  return kept.map((line) => `${line}\n`).join('')
}

/** Leaves out lines that end in the name of a removed package, as in `triggers/File`. */
export function removeInterests(text: string, names: ReadonlySet<string>): string {
  return text
    .split('\n')
    .filter(
      (line) =>
        !names.has(
          (/(\S+)$/.exec(line)?.[1] ?? '').replace(/\/(?:no)?await$/, '').replace(/:[a-z0-9-]+$/, ''),
        ),
    )
    .join('\n')
}

/** Leaves out the overrides of paths that are gone: `user group mode path`. */
export function removeOverrides(text: string, isGone: (path: string) => boolean): string {
  return text
    .split('\n')
    .filter((line) => {
      const path = /^\S+ \S+ \S+ (\/.*)$/.exec(line)?.[1]
      return path === undefined || !isGone(path)
    })
    .join('\n')
}
