import { RuntimeError } from '../../errors.ts'
import type { BehaviourKind } from '../behaviour-event.ts'
import type { ApprovedProfile, EnforcedProfile } from '../profile/profile.ts'
import { requireApproved } from '../profile/profile-states.ts'

/** Options of {@link exportAppArmorProfile}. */
export interface AppArmorOptions {
  /** Name of the AppArmor profile: letters, digits, `.`, `_`, `-`. */
  readonly name: string
  /** Whether what is outside of it is only logged (`complain`). Default `false`. */
  readonly complain?: boolean | undefined
  /**
   * Capabilities, for a profile whose sources did not see them, e.g. `['CAP_NET_BIND_SERVICE']`. AppArmor allows no
   * others.
   */
  readonly capabilities?: readonly string[] | undefined
  /** The path that a path leads to in the image, links followed: AppArmor looks at that one. Default: paths as they are. */
  readonly resolve?: ((path: string) => string | undefined) | undefined
}

/**
 * Writes an AppArmor profile (apparmor.d(5)) that allows the files, programs, kinds of network and capabilities of an
 * approved profile. It includes nothing, so that it loads on any machine. AppArmor knows no peers and ports: those are
 * judged. What a workload renames, links or deletes without opening it is not in a profile: try it with `complain` first.
 *
 * @throws {RuntimeError} `PROFILE_INVALID` when programs, files or network were not observed, or capabilities are neither
 * observed nor given, or a path can't be written.
 * @throws {RuntimeError} `OPTIONS_INVALID` for a name with other characters.
 */
export function exportAppArmorProfile(
  profile: ApprovedProfile | EnforcedProfile,
  { name, complain = false, capabilities, resolve = () => undefined }: AppArmorOptions,
): string {
  requireApproved(profile)
  if (!/^[A-Za-z][\w.-]{0,127}$/.test(name))
    throw new RuntimeError('OPTIONS_INVALID', 'the name must have letters, digits, ".", "_" and "-"', {
      subject: 'name',
    })
  const needed: readonly BehaviourKind[] = [
    'exec',
    'open',
    'connect',
    'listen',
    ...(capabilities ? [] : ['capability' as const]),
  ]
  const unseen = needed.filter((kind) => !profile.observes.includes(kind) || profile.overflow.includes(kind))
  if (unseen.length > 0)
    throw new RuntimeError('PROFILE_INVALID', `the profile knows nothing of: ${unseen.join(', ')}`, {
      subject: profile.workload,
    })
  const files = new Map<string, Set<string>>()
  const allow = (pattern: string, access: string, isFolder = false): void => {
    const path = quote(pattern, isFolder)
    const known = files.get(path) ?? new Set()
    for (const letter of access) known.add(letter)
    files.set(path, known)
  }
  for (const { path } of profile.execs) {
    for (const one of new Set([path, resolve(path) ?? path])) allow(escape(one), 'mrx')
  }
  for (const { path, writes } of profile.opens) {
    const isLibrary = /\.so(?:\.[\d.*]+)?$/.test(path)
    const access = writes ? 'rwk' : isLibrary ? 'mr' : 'r'
    const leadsTo = path.includes('*') ? undefined : resolve(path)
    for (const one of new Set([path, ...(leadsTo === undefined ? [] : [leadsTo])]))
      allow(one, access, !writes && !isLibrary)
  }
  const protocols = new Set([...profile.connects, ...profile.listens].map(({ protocol }) => protocol))
  const network = [
    ...(protocols.has('tcp') || protocols.has('unknown') ? ['inet stream', 'inet6 stream'] : []),
    // Names are looked up over it, before any connection.
    ...(protocols.has('udp') || protocols.has('unknown') ? ['inet dgram', 'inet6 dgram'] : []),
    ...(protocols.has('raw') ? ['inet raw', 'inet6 raw'] : []),
    ...(protocols.size > 0 ? ['netlink raw', 'unix stream', 'unix dgram'] : []),
  ]
  const rights = (capabilities ?? profile.capabilities.map((capability) => capability.name)).map((one) =>
    one.toLowerCase().replace(/^cap_/, ''),
  )
  for (const right of rights)
    if (!/^[a-z_]{2,32}$/.test(right))
      throw new RuntimeError('OPTIONS_INVALID', `no capability: ${right}`, { subject: 'capabilities' })
  return [
    `profile ${name} flags=(attach_disconnected,mediate_deleted${complain ? ',complain' : ''}) {`,
    ...[...new Set(rights)].sort().map((right) => `  capability ${right},`),
    ...network.map((rule) => `  network ${rule},`),
    '  signal (receive) peer=unconfined,',
    `  signal (send, receive) peer=${name},`,
    ...[...files]
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([path, access]) => `  ${path} ${accessOf(access)},`),
    '}',
    '',
  ].join('\n')
}

function accessOf(letters: ReadonlySet<string>): string {
  const plain = [...'mrwk'].filter((letter) => letters.has(letter)).join('')
  return letters.has('x') ? `${plain}ix` : plain
}

const escape = (path: string) => path.replaceAll(/[\\*⋯]/g, String.raw`\$&`)

/** A pattern of a profile as one of AppArmor: `*` and `⋯` stay inside of one part there too. */
function quote(pattern: string, isFolder: boolean): string {
  if (!pattern.isWellFormed())
    throw new RuntimeError('PROFILE_INVALID', "a path is no UTF-8: AppArmor can't be given it", {
      subject: pattern,
    })
  const text = pattern.replaceAll(/\\(.)|[*⋯]|[?[\]{}^"]|\p{Cc}/gsu, (whole, escaped: string | undefined) => {
    if (escaped === '⋯') return '⋯'
    if (escaped !== undefined) return `\\${escaped}`
    if (whole === '*' || whole === '⋯') return '*'
    const code = whole.codePointAt(0)!
    return /\p{Cc}/u.test(whole) ? `\\${code.toString(8).padStart(3, '0')}` : `\\${whole}`
  })
  return `"${text}${isFolder && !text.endsWith('/') ? '{,/}' : ''}"`
}
