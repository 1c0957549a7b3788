import { describe, expect, it } from 'vitest'
import { approved, event, image, learn, normalLoad, otherImage } from '../profile/profile.fixture.ts'
import { exportAppArmorProfile } from './apparmor-profile.ts'
import { exportSeccompProfile } from './seccomp-profile.ts'
import { toUsageEvidence } from './usage-evidence.ts'

const profile = await approved()
const saturation = { quietEvents: 20 }
const invalid = expect.objectContaining({ name: 'RuntimeError', code: 'PROFILE_INVALID' })

describe('exportSeccompProfile', () => {
  it('allows what was seen, its other forms, and what a start needs', () => {
    const { syscalls, ...rest } = exportSeccompProfile(profile, {
      architectures: ['arm64', 'amd64'],
      saturation,
    })
    expect(rest).toEqual({
      defaultAction: 'SCMP_ACT_ERRNO',
      defaultErrnoRet: 1,
      architectures: ['SCMP_ARCH_AARCH64', 'SCMP_ARCH_X86_64'],
    })
    expect(syscalls[0]?.names).toEqual(
      expect.arrayContaining(['openat', 'read', 'readv', 'execve', 'setuid']),
    )
    expect(syscalls[0]?.names).not.toEqual(expect.arrayContaining(['ptrace']))
    for (const never of ['mount', 'ptrace', 'bpf', 'unshare', 'kexec_load', ''])
      expect(syscalls[0]?.names).not.toContain(never)
    // As in the default profiles of runtimes: no namespaces.
    expect(syscalls.slice(1)).toEqual([
      {
        names: ['clone'],
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: 0, value: 2_114_060_288, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
      },
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: 38 },
    ])
    for (const name of ['clone', 'clone3']) expect(syscalls[0]?.names).not.toContain(name)
    const open = exportSeccompProfile(profile, {
      architectures: ['amd64'],
      unsafeAllowNamespaces: true,
      saturation,
    })
    expect(open.syscalls).toHaveLength(1)
    expect(open.syscalls[0]?.names).toContain('clone3')
    expect(
      exportSeccompProfile(profile, { architectures: ['s390x'], saturation }).syscalls[1]?.args?.[0]?.index,
    ).toBe(1)
    expect(() => exportSeccompProfile(profile, { architectures: ['s390x', 'amd64'], saturation })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    )
    expect(
      exportSeccompProfile(profile, { architectures: ['amd64'], otherwise: 'log', saturation }),
    ).not.toHaveProperty('defaultErrnoRet')
  })
  it('refuses a profile without all system calls, or that nobody approved', async () => {
    const write = (changed: object) => () =>
      exportSeccompProfile({ ...profile, ...changed } as never, { architectures: ['amd64'], saturation })
    expect(write({ state: 'candidate' })).toThrow(invalid)
    expect(write({ observes: ['exec'] })).toThrow(invalid)
    expect(write({ overflow: ['syscall'] })).toThrow(invalid)
    expect(write({ runs: [] })).toThrow(invalid)
    expect(write({ runs: profile.runs.map((run) => ({ ...run, gaps: 1 })) })).toThrow(invalid)
    expect(() => exportSeccompProfile(profile, { architectures: [], saturation })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    )
  })
})

describe('exportAppArmorProfile', () => {
  it('writes rules for files, programs, network and capabilities', () => {
    expect(
      exportAppArmorProfile(profile, {
        name: 'cart',
        resolve: (path) => (path === '/usr/bin/cartd' ? '/opt/cart/bin/cartd' : undefined),
      }),
    ).toBe(`profile cart flags=(attach_disconnected,mediate_deleted) {
  capability net_bind_service,
  network inet stream,
  network inet6 stream,
  network netlink raw,
  network unix stream,
  network unix dgram,
  signal (receive) peer=unconfined,
  signal (send, receive) peer=cart,
  "/etc/cart.yaml{,/}" r,
  "/opt/cart/bin/cartd" mrix,
  "/usr/bin/cartd" mrix,
  "/var/lib/cart/data" rwk,
}
`)
  })
  it('writes patterns, and characters that AppArmor reads otherwise', async () => {
    const opens = [
      '/tmp/*-1',
      '/a"b',
      '/a b\n',
      '/[x]{y}?^',
      '/a\\b',
      '/lib/x.so.6',
      ...[1, 2, 3, 4, 5].map((number) => `/log/${number}`),
    ]
    const learned = await learn(
      '0',
      opens.map((path) => event({ type: 'open', path, writes: false })),
    )
    const text = exportAppArmorProfile({ ...profile, opens: learned.opens }, { name: 'x' })
    for (const rule of [
      String.raw`"/tmp/\*-1{,/}" r,`,
      String.raw`"/a\"b{,/}" r,`,
      String.raw`"/a b\012{,/}" r,`,
      String.raw`"/\[x\]\{y\}\?\^{,/}" r,`,
      String.raw`"/a\\b{,/}" r,`,
      '"/lib/x.so.6" mr,',
      '"/log/*{,/}" r,',
    ])
      expect(text).toContain(`  ${rule}\n`)
  })
  it("refuses what it can't write", () => {
    expect(() => exportAppArmorProfile(profile, { name: 'a b' })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    )
    expect(() => exportAppArmorProfile(profile, { name: 'x', capabilities: ['CAP_A,\n}'] })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    )
    expect(() =>
      exportAppArmorProfile({ ...profile, observes: ['exec', 'open', 'connect', 'listen'] }, { name: 'x' }),
    ).toThrow(invalid)
    expect(() =>
      exportAppArmorProfile(
        { ...profile, opens: [{ path: '/\udcff', writes: false, since: '' }] },
        { name: 'x' },
      ),
    ).toThrow(invalid)
  })
})

describe('toUsageEvidence', () => {
  it('tells the hardener which files were used, and is complete when someone answers for it', () => {
    const evidence = toUsageEvidence(profile, image)
    expect(evidence).toMatchObject({
      images: [image],
      coverage: 'complete',
      observes: ['exec', 'open'],
      gaps: [],
    })
    expect(evidence.records).toEqual([
      { path: '/etc/cart.yaml', operation: 'open', count: 1, exact: true },
      { path: '/usr/bin/cartd', operation: 'exec', count: 1, exact: true },
      { path: '/var/lib/cart/data', operation: 'open', count: 1, exact: true },
    ])
  })
  it('is partial when nobody answers for it, for it is of several images, or has gaps', async () => {
    expect(toUsageEvidence(await learn('0'), image).coverage).toBe('partial')
    expect(toUsageEvidence({ ...profile, images: [image, otherImage] }, image).coverage).toBe('partial')
    const lost = await learn('0', [
      ...normalLoad,
      { type: 'gap', source: 'x', code: 'lost', message: 'x', count: 1 },
    ])
    expect(toUsageEvidence({ ...profile, runs: lost.runs }, image)).toMatchObject({
      coverage: 'partial',
      gaps: [{ code: 'LOST_EVENTS' }],
    })
  })
  it('is refused for another image, and without programs and files', () => {
    expect(() => toUsageEvidence(profile, otherImage)).toThrow(invalid)
    expect(() => toUsageEvidence({ ...profile, observes: ['syscall'] }, image)).toThrow(invalid)
  })
})
