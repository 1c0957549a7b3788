const versionVariable = /^(?:[a-z]*version|ver)$/i
const semanticVersion = /^v?((?:0|[1-9]\d*)\.(?:0|[1-9]\d*)\.(?:0|[1-9]\d*)(?:[-+][0-9A-Za-z.+-]+)?)$/

/**
 * The version of a main module that Go calls `(devel)`: the one that the linker was told by `-X`, if there is only
 * one; else a pseudo-version of the commit. `(devel)` when nothing tells it.
 */
export function chooseMainVersion(path: string, settings: ReadonlyMap<string, string>): string {
  const told = new Set(versionsTold(path, settings.get('-ldflags') ?? ''))
  if (told.size === 1) return [...told][0]!
  return pseudoVersion(path, settings.get('vcs.revision'), settings.get('vcs.time')) ?? '(devel)'
}

/** Versions in `-X main.version=1.2.3` and `-X example.org/app/build.Version=v1.2.3`, of the module alone. */
function versionsTold(path: string, flags: string): string[] {
  const words = splitWords(flags)
  const versions: string[] = []
  for (const [index, word] of words.entries()) {
    const variable =
      word === '-X' || word === '--X' ? words[index + 1] : word.startsWith('-X=') ? word.slice(3) : undefined
    const at = variable?.indexOf('=') ?? -1
    if (variable === undefined || at < 0) continue
    const name = variable.slice(0, at)
    const dot = name.lastIndexOf('.')
    const owner = name.slice(0, dot)
    const isOurs = owner === 'main' || owner === path || owner.startsWith(`${path}/`)
    if (!isOurs || !versionVariable.test(name.slice(dot + 1))) continue
    const version = semanticVersion.exec(variable.slice(at + 1))?.[1]
    if (version !== undefined) versions.push(`v${version}`)
  }
  return versions
}

/** Splits as the go command does: at blanks, with quotes around whole words. */
function splitWords(text: string): string[] {
  const words: string[] = []
  let word = ''
  let quote = ''
  for (const char of text) {
    if (quote !== '') {
      if (char === quote) quote = ''
      else word += char
    } else if (char === '"' || char === "'") {
      quote = char
    } else if (char === ' ' || char === '\t' || char === '\n') {
      if (word !== '') words.push(word)
      word = ''
    } else {
      word += char
    }
  }
  return word === '' ? words : [...words, word]
}

/** `v0.0.0-20240102030405-0123456789ab` (go.dev/ref/mod, Pseudo-versions), with the major version of the path. */
function pseudoVersion(path: string, revision = '', time = ''): string | undefined {
  const date = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/.exec(time)
  if (!date || !/^[0-9a-f]{12,64}$/.test(revision)) return undefined
  const major = /\/v([2-9]|[1-9]\d{1,4})$/.exec(path)?.[1] ?? '0'
  return `v${major}.0.0-${date.slice(1).join('')}-${revision.slice(0, 12)}`
}
