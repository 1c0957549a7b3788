import { networkOf } from '../addresses.ts'
import type { ConnectEvent, ListenEvent, OpenEvent } from '../behaviour-event.ts'
import { escapePath, shapeOf, withoutOwnFolder } from '../profile/path-pattern.ts'
import { withEquivalents } from '../profile/equivalent-syscalls.ts'
import type { ProfileContent, ProfiledExec } from '../profile/profile.ts'

/** A profile, made for questions. */
export interface ProfileIndex {
  exec(path: string): ProfiledExec | undefined
  /** `written`: it is known, but only for reading. */
  open(event: OpenEvent): 'known' | 'written' | 'unknown'
  connect(event: ConnectEvent): boolean
  listen(event: ListenEvent): boolean
  capability(name: string): boolean
  syscall(name: string): boolean
}

/** Makes a profile ready for questions, each of which takes about the same time however long the profile is. */
export function indexProfile(profile: ProfileContent): ProfileIndex {
  const execs = new Map(profile.execs.map((exec) => [exec.path, exec]))
  const opens = new Map<string, { readonly values: readonly string[]; readonly writes: boolean }[]>()
  const wide: { readonly parts: readonly string[]; readonly writes: boolean }[] = []
  for (const { path, writes } of profile.opens) {
    const parts = path.split('/')
    if (parts.includes('⋯')) wide.push({ parts, writes })
    const { skeleton, values } = shapeOf(path)
    const group = opens.get(skeleton)
    if (group) group.push({ values, writes })
    else opens.set(skeleton, [{ values, writes }])
  }
  const connects = new Set<string>()
  for (const { protocol, peer, port } of profile.connects) {
    connects.add(`${protocol} ${peer} ${port}`)
    // A source that does not tell the protocol says no other thing.
    connects.add(`unknown ${peer} ${port}`)
  }
  const listens = new Set<string>()
  for (const { protocol, address, port } of profile.listens) {
    listens.add(`${protocol} ${address} ${port}`)
    listens.add(`unknown ${address} ${port}`)
  }
  const unknownPeers = new Set(
    profile.connects
      .filter(({ protocol }) => protocol === 'unknown')
      .map(({ peer, port }) => `${peer} ${port}`),
  )
  const unknownPorts = new Set(
    profile.listens
      .filter(({ protocol }) => protocol === 'unknown')
      .map(({ address, port }) => `${address} ${port}`),
  )
  const capabilities = new Set(profile.capabilities.map(({ name }) => name))
  const syscalls = new Set(withEquivalents(profile.syscalls.map(({ name }) => name)))

  return {
    exec: (path) => execs.get(path),
    open({ path, isPattern = false, writes, process }) {
      const written = isPattern ? path : escapePath(withoutOwnFolder(path, process.pid))
      const { skeleton, values } = shapeOf(written)
      const matches = (opens.get(skeleton) ?? []).filter((one) =>
        one.values.every((value, place) => value === '*' || value === values[place]),
      )
      const parts = written.split('/')
      const all = [
        ...matches,
        ...wide.filter(
          (one) =>
            one.parts.length === parts.length &&
            one.parts.every((part, place) => (part === '⋯' && parts[place] !== '') || part === parts[place]),
        ),
      ]
      if (all.length === 0) return 'unknown'
      return !writes || all.some((one) => one.writes) ? 'known' : 'written'
    },
    connect({ protocol, address, name, port }) {
      const peers = [name, address, protocol === 'unix' ? undefined : networkOf(address)]
      return peers.some(
        (peer) =>
          peer !== undefined &&
          peer !== '' &&
          (connects.has(`${protocol} ${peer} ${port}`) || unknownPeers.has(`${peer} ${port}`)),
      )
    },
    listen: ({ protocol, address, port }) =>
      listens.has(`${protocol} ${address} ${port}`) || unknownPorts.has(`${address} ${port}`),
    capability: (name) => capabilities.has(name),
    syscall: (name) => syscalls.has(name),
  }
}
