/** The files of a package that dpkg would run, or that say when it has to. */
export const scriptNames: readonly string[] = ['preinst', 'postinst', 'prerm', 'postrm', 'config', 'triggers']

/**
 * What debhelper puts into scripts for these does nothing that an image needs: `dh_makeshlibs` asks for ldconfig (the
 * folders of packages are searched without its cache), `dh_python2/3` writes and deletes bytecode (stale bytecode is
 * removed), `dh_installsystemd*`, `dh_systemd_*` and `dh_installinit` enable and restart services (nothing runs here),
 * `dh_installdebconf` forgets answers when a package is purged.
 */
const boilerplate: ReadonlySet<string> = new Set([
  'dh_makeshlibs',
  'dh_python2',
  'dh_python3',
  'dh_installsystemd',
  'dh_installsystemduser',
  'dh_systemd_enable',
  'dh_systemd_start',
  'dh_installinit',
  'dh_installdebconf',
])

/** Explicit triggers whose work an image does not need, for the same reasons. */
const idleTriggers = /^activate(?:-noawait|-await)? +(?:ldconfig|update-initramfs|man-db)$/

/** Texts of scripts by name; one that is missing does nothing. */
export type PackageScripts = ReadonlyMap<string, string>

/**
 * Compares what dpkg would run of an installed package and of its new version. They never run here, so they have to be
 * the same but for {@link boilerplate}, and for the package's own version where it is not compared with.
 *
 * @returns a difference, or `undefined` when there is none that counts
 */
export function compareScripts(
  before: { readonly version: string; readonly scripts: PackageScripts },
  after: { readonly version: string; readonly scripts: PackageScripts },
): string | undefined {
  for (const name of scriptNames) {
    const old = normalize(before.scripts.get(name), before.version)
    const now = normalize(after.scripts.get(name), after.version)
    if (old.join('\n') !== now.join('\n'))
      return `${name} differs: ${describe('-', old, now)}${describe('+', now, old)}`.trimEnd()
  }
  return undefined
}

/** The first line that only one of two texts has, one that does something before a comment. */
function describe(sign: string, lines: readonly string[], other: readonly string[]): string {
  const others = new Set(other)
  const own = lines.filter((line) => !others.has(line))
  const line = own.find((one) => !one.startsWith('#')) ?? own[0]
  return line === undefined ? '' : `${sign} ${JSON.stringify(line.trim().slice(0, 160))} `
}

const sectionStart = /^# Automatically added by (dh_[a-z0-9_]+)(?:\/[^\s]*)?$/
const sectionEnd = '# End automatically added section'

function normalize(text: string | undefined, version: string): readonly string[] {
  if (text === undefined) return []
  const lines: string[] = []
  // A section that never ends is none: what was left out of it counts after all.
  let skipped: string[] | undefined
  for (const raw of text.split('\n')) {
    const line = raw.trimEnd()
    const helper = sectionStart.exec(line)?.[1]
    if (helper !== undefined) {
      lines.push(...(skipped ?? []))
      skipped = boilerplate.has(helper) ? [] : undefined
      // The helper's own version may be another.
      if (!skipped) lines.push(`# Automatically added by ${helper}`)
      continue
    }
    if (line === sectionEnd) {
      if (!skipped) lines.push(line)
      skipped = undefined
      continue
    }
    if (skipped) {
      skipped.push(line)
      continue
    }
    if (line === '' || idleTriggers.test(line)) continue
    // `dpkg --compare-versions` with a version of its own is a step that only this upgrade takes.
    const isComparing =
      line.includes('--compare-versions') || /["' ](?:lt|le|gt|ge|lt-nl|le-nl)["' ]/.test(line)
    lines.push(isComparing ? line : replaceVersion(line, version))
  }
  lines.push(...(skipped ?? []))
  const doesNothing = lines.every((line) => /^(?:#.*|set -e|exit 0)$/.test(line))
  return doesNothing ? [] : lines
}

/** Replaces a version where it stands alone, not as a part of another one. */
function replaceVersion(line: string, version: string): string {
  let result = ''
  let from = 0
  for (let at = line.indexOf(version); at >= 0; at = line.indexOf(version, from)) {
    const end = at + version.length
    const isWhole = !isVersionCharacter(line[at - 1]) && !isVersionCharacter(line[end])
    result += line.slice(from, at) + (isWhole ? '@VERSION@' : version)
    from = end
  }
  return result + line.slice(from)
}

const isVersionCharacter = (character: string | undefined) =>
  character !== undefined && /[A-Za-z0-9.+~:-]/.test(character)
