import type { Package } from '@sallyport/inventory'

/** Which packages leave, as dpkg's databases name them. */
export interface RemovedNames {
  /** Whether no package of this name (`name`), or none of this name and architecture (`name:arch`), stays. */
  has(name: string): boolean
}

/** Names that stand for removed packages only: a name that another architecture of the package still has is none. */
export function createRemovedNames(removed: readonly Package[], kept: readonly Package[]): RemovedNames {
  const keptNames = new Set(kept.flatMap(({ name, arch, dpkg }) => (dpkg ? [name, `${name}:${arch}`] : [])))
  const gone = new Set(removed.flatMap(({ name, arch }) => [name, `${name}:${arch}`]))
  return { has: (name) => gone.has(name) && !keptNames.has(name) }
}

/**
 * Leaves out the stanzas of some packages from the text of a dpkg database; every other byte stays. A stanza is found by
 * its exact text.
 */
export function removeStanzas(text: string, stanzas: ReadonlySet<string>): string {
  return filterStanzas(text, (stanza) => !stanzas.has(stanza))
}

/** Leaves out the stanzas whose `Package` (and `Architecture`) is removed, as in apt's extended_states. */
export function removeStanzasByName(text: string, names: RemovedNames): string {
  return filterStanzas(text, (stanza) => {
    const name = /^Package:[ \t]*(\S+)/m.exec(stanza)?.[1]
    const arch = /^Architecture:[ \t]*(\S+)/m.exec(stanza)?.[1]
    return name === undefined || !(names.has(name) || (arch !== undefined && names.has(`${name}:${arch}`)))
  })
}

/** Keeps some paragraphs of a control file, each with the empty lines after it. Only an empty line ends one. */
function filterStanzas(text: string, keeps: (stanza: string) => boolean): string {
  const kept: string[] = []
  let start = 0
  while (start < text.length) {
    // Empty lines before the first paragraph stay.
    let first = start
    while (text[first] === '\n') first++
    const blank = text.indexOf('\n\n', first)
    const end = blank < 0 ? text.length : blank + 1
    let next = end
    while (text[next] === '\n') next++
    const stanza = text.slice(first, end).replace(/\n$/, '')
    if (keeps(stanza)) kept.push(text.slice(start, next))
    else kept.push(text.slice(start, first))
    start = next
  }
  return kept.join('')
}

/** Leaves out the diversions of some packages: three lines for each. */
export function removeDiversions(text: string, names: RemovedNames): string {
  const lines = text.split('\n')
  const kept: string[] = []
  let index = 0
  for (; index + 2 < lines.length; index += 3) {
    if (!names.has(lines[index + 2]!)) kept.push(...lines.slice(index, index + 3))
  }
  return [...kept, ...lines.slice(index)].join('\n')
}

/** Leaves out lines that end in the name of a removed package, as in `triggers/File` and `triggers/<name>`. */
export function removeInterests(text: string, names: RemovedNames): string {
  return filterLines(
    text,
    (line) => !names.has(line.slice(line.lastIndexOf(' ') + 1).replace(/\/(?:no)?await$/, '')),
  )
}

/** Leaves out removed packages from those that wait for a trigger (`triggers/Unincorp`: `trigger package…`). */
export function removeWaiting(text: string, names: RemovedNames): string {
  return text
    .split('\n')
    .flatMap((line) => {
      const [trigger, ...waiting] = line.split(' ')
      if (!waiting.some((name) => names.has(name))) return [line]
      const left = waiting.filter((name) => !names.has(name))
      return left.length === 0 ? [] : [[trigger, ...left].join(' ')]
    })
    .join('\n')
}

/** Leaves out the overrides of paths that are gone: `user group mode path`. */
export function removeOverrides(text: string, isGone: (path: string) => boolean): string {
  return filterLines(text, (line) => {
    const path = /^\S+ \S+ \S+ (\/.*)$/.exec(line)?.[1]
    return path === undefined || !isGone(path)
  })
}

function filterLines(text: string, keeps: (line: string) => boolean): string {
  return text.split('\n').filter(keeps).join('\n')
}
