import type { DpkgState } from './dpkg-state.ts'
import type { StagedDeb } from './stage-deb.ts'

/** Packages that wait for files to tell running services of them, or to index documentation. */
const idle: ReadonlySet<string> = new Set([
  'bash-completion',
  'dbus',
  'debianutils',
  'desktop-file-utils',
  'init-system-helpers',
  'install-info',
  'kmod',
  'mailcap',
  'man-db',
  'menu',
  'procps',
  'systemd',
  'udev',
])

/** Explicit triggers of the same kind. */
const idleTriggers: ReadonlySet<string> = new Set(['ldconfig', 'man-db', 'update-initramfs'])

/**
 * Tells which package would have to run because of an upgrade: one that builds something of files that change, or that
 * waits for a trigger which the new version activates (deb-triggers(5)).
 */
export function findTriggered(
  { interests, triggers }: DpkgState,
  { info }: StagedDeb,
  changed: readonly string[],
): string | undefined {
  for (const path of changed) {
    const interest = interests.find((one) => path.startsWith(`${one.path}/`) && !idle.has(one.packageName))
    if (interest) return `${path} changes, of which ${interest.packageName} builds something by a script`
  }
  const lines = Buffer.from(info.get('triggers')?.content ?? new Uint8Array())
    .toString('utf8')
    .split('\n')
  for (const line of lines) {
    const name = /^[ \t]*activate(?:-await|-noawait)?[ \t]+(\S+)/.exec(line)?.[1]
    if (name === undefined || idleTriggers.has(name) || !triggers.has(name)) continue
    return `it activates the trigger ${name}, for which a script would have to run`
  }
  return undefined
}
