import { describe, expect, it } from 'vitest'
import { type BehaviourEvent, behaviourKinds, type RuntimeEvent } from '../behaviour-event.ts'
import { approved, event, image, learn, normalLoad, otherImage, step } from '../profile/profile.fixture.ts'
import { enforceProfile } from '../profile/profile-states.ts'
import type { ApprovedProfile } from '../profile/profile.ts'
import { createJudge } from './create-judge.ts'

let now = Date.parse('2026-03-05T00:00:00Z')
const clock = { now: () => new Date(now) }
const profile = await approved()
const gap: RuntimeEvent = { type: 'gap', source: 'test', code: 'lost', message: 'lost', count: 2 }
const judgeOf = (options: object = {}, from: ApprovedProfile = profile) =>
  createJudge(from, { image, observes: behaviourKinds, clock, ...options })
const codesOf = (...events: readonly RuntimeEvent[]) => {
  const judge = judgeOf()
  return events.flatMap((one) => judge.take(one)).map(({ code, grade }) => `${code} ${grade}`)
}
const exec = (path: string, more: Partial<BehaviourEvent> = {}, process: object = {}) =>
  event({ type: 'exec', path, ...more } as never, process)

/** A number in letters, for numbers are put together. */
const letters = (index: number) =>
  index.toString(26).replaceAll(/\d/g, (digit) => 'qrstuvwxyz'[Number(digit)]!)

describe('createJudge', () => {
  it('says nothing about what the profile has, and calls it expected', () => {
    const judge = judgeOf()
    expect(normalLoad.flatMap((one) => judge.take(one))).toEqual([])
    expect(judge.status()).toEqual({
      state: 'expected',
      verdict: 'pass',
      observes: behaviourKinds,
      unknown: [],
      events: normalLoad.length,
      findings: { critical: 0, high: 0, medium: 0, low: 0 },
    })
  })
  const server = { pid: 10, executable: '/usr/bin/cartd', parents: [] }
  const cases: readonly (readonly [string, readonly RuntimeEvent[], readonly string[]])[] = [
    ['a new program', [exec('/usr/bin/curl')], ['new-executable high']],
    [
      'another file of a known program',
      [exec('/usr/bin/cartd', { digest: otherImage })],
      ['changed-executable critical'],
    ],
    [
      'a known program of the upper layer',
      [exec('/usr/bin/cartd', { origin: 'upper-layer' })],
      ['upper-layer-executable critical'],
    ],
    ['a program of memory', [exec('/memfd:x', { origin: 'memory' })], ['memory-executable critical']],
    [
      'arguments of a new kind',
      [exec('/usr/bin/cartd', { arguments: ['cartd', '--debug'] })],
      ['new-arguments low'],
    ],
    [
      'a known program under another name',
      [exec('/usr/bin/cartd', { arguments: ['nc', '--port', '80'] })],
      ['new-arguments high'],
    ],
    ['arguments with other values', [exec('/usr/bin/cartd', { arguments: ['cartd', '--port', '81'] })], []],
    [
      'a shell below a program that listens',
      [exec('/bin/sh', {}, { pid: 11, parents: [server] })],
      ['new-executable high', 'network-shell critical'],
    ],
    [
      'an interpreter below a program that listens',
      [exec('/usr/bin/python3.11', {}, { pid: 11, parents: [server] })],
      ['new-executable high', 'network-shell critical'],
    ],
    [
      'a shell below a program of which only the name is known',
      [exec('/bin/busybox', {}, { pid: 11, parents: [{ pid: 77, name: 'cartd' }] })],
      ['new-executable high', 'network-shell critical'],
    ],
    [
      'a way around system calls',
      [event({ type: 'syscall', name: 'io_uring_setup' })],
      ['new-system-call high'],
    ],
    [
      'a shell in place of a process that connected',
      [
        event(
          { type: 'connect', protocol: 'tcp', address: '10.0.0.7', port: 5432 },
          { pid: 12, executable: '/x' },
        ),
        exec('/bin/bash', {}, { pid: 12, parents: [] }),
      ],
      ['new-executable high', 'network-shell critical'],
    ],
    [
      'a shell below a program that does neither',
      [exec('/bin/sh', {}, { pid: 13, parents: [{ pid: 9, executable: '/sbin/init' }] })],
      ['new-executable high'],
    ],
    [
      'a new peer',
      [event({ type: 'connect', protocol: 'tcp', address: '203.0.113.66', port: 4444 })],
      ['new-endpoint high'],
    ],
    [
      'a known peer on another port',
      [event({ type: 'connect', protocol: 'tcp', address: '10.0.0.7', port: 22 })],
      ['new-endpoint high'],
    ],
    [
      'a known name at another address',
      [
        event({
          type: 'connect',
          protocol: 'tcp',
          address: '203.0.113.9',
          port: 443,
          name: 'api.example.test',
        }),
      ],
      [],
    ],
    [
      'a known peer of which the protocol is not told',
      [event({ type: 'connect', protocol: 'unknown', address: '10.0.0.7', port: 5432 })],
      [],
    ],
    [
      'the metadata service',
      [event({ type: 'connect', protocol: 'tcp', address: '169.254.169.254', port: 80 })],
      ['new-endpoint critical'],
    ],
    [
      'a new listener',
      [event({ type: 'listen', protocol: 'tcp', address: '0.0.0.0', port: 9001 })],
      ['new-listener high'],
    ],
    [
      'a new capability',
      [
        event({ type: 'capability', name: 'CAP_SYS_ADMIN' }),
        event({ type: 'capability', name: 'CAP_CHOWN' }),
      ],
      ['new-capability critical', 'new-capability high'],
    ],
    [
      'a new system call',
      [event({ type: 'syscall', name: 'ptrace' }), event({ type: 'syscall', name: 'splice' })],
      ['new-system-call high', 'new-system-call medium'],
    ],
    [
      'another form of a known system call',
      [event({ type: 'syscall', name: 'pread64' }), event({ type: 'syscall', name: 'rt_sigreturn' })],
      [],
    ],
    [
      'new files',
      [
        event({ type: 'open', path: '/etc/shadow', writes: false }),
        event({ type: 'open', path: '/usr/bin/x', writes: true }),
        event({ type: 'open', path: '/srv/x', writes: true }),
        event({ type: 'open', path: '/srv/y', writes: false }),
      ],
      ['new-path high', 'new-path high', 'new-path medium', 'new-path low'],
    ],
    [
      'a known file that is written',
      [event({ type: 'open', path: '/etc/cart.yaml', writes: true })],
      ['new-path medium'],
    ],
    ['a known file that is read', [event({ type: 'open', path: '/var/lib/cart/data', writes: false })], []],
  ]
  it.each(cases)('grades %s', (_, events, expected) => {
    expect(codesOf(...events)).toEqual(expected)
  })
  it('matches paths that change by kind, and never by word or depth', async () => {
    const learned = await learn(
      '0',
      ['1', '2', '3', '4', '5'].map((number) =>
        event({ type: 'open', path: `/tmp/job-${number}`, writes: true }),
      ),
    )
    const judge = createJudge(learned, { image, observes: ['open'], clock })
    const isKnown = (path: string) => judge.take(event({ type: 'open', path, writes: true })).length === 0
    expect(['/tmp/job-77', '/tmp/job-deadbeef01'].map(isKnown)).toEqual([true, true])
    expect(['/tmp/job-x', '/tmp/job-1/x', '/tmp/evil', '/tmp/job-*'].map(isKnown)).toEqual([
      false,
      false,
      false,
      false,
    ])
  })
  it('gives evidence: the event, who started it, who entered', () => {
    const told = judgeOf().take(
      exec('/bin/id', { tags: ['entered'] } as never, {
        pid: 5,
        parents: [{ pid: 4, executable: '/bin/sh' }],
      }),
    )
    expect(told).toMatchObject([
      {
        subject: '/bin/id',
        tags: ['entered'],
        parents: [{ pid: 4, executable: '/bin/sh' }],
        event: { type: 'exec' },
        profile: expect.stringMatching(/^sha256:/),
      },
    ])
  })
  it('tells the same once in a while, and how often it was silent', () => {
    const judge = judgeOf({ cooldownMs: 1000 })
    const take = () => judge.take(exec('/bin/id'))
    expect(take()).toHaveLength(1)
    expect(take()).toEqual([])
    expect(take()).toEqual([])
    now += 1000
    expect(take()).toMatchObject([{ suppressed: 2 }])
    expect(judge.status().findings.high).toBe(4)
    expect(judge.take({ ...exec('/bin/id'), container: { id: 'other' } })).toHaveLength(1)
  })
  it('is not silenced by what was told of something else', () => {
    const pairs: readonly (readonly [string, RuntimeEvent, RuntimeEvent])[] = [
      ['who', exec('/bin/id', { tags: ['entered'] } as never), exec('/bin/id')],
      [
        'the parent',
        exec('/bin/id', {}, { parents: [{ pid: 4, executable: '/bin/sh' }] }),
        exec('/bin/id', {}, { parents: [{ pid: 5, executable: '/usr/bin/cartd' }] }),
      ],
      [
        'the file',
        exec('/tmp/x', { origin: 'upper-layer', digest: image } as never),
        exec('/tmp/x', { origin: 'upper-layer', digest: otherImage } as never),
      ],
      [
        'the arguments',
        exec('/bin/sh', { arguments: ['sh', 'x'] } as never),
        exec('/bin/sh', { arguments: ['sh', '-c', 'x'] } as never),
      ],
      [
        'writing',
        event({ type: 'open', path: '/usr/bin/x', writes: false }),
        event({ type: 'open', path: '/usr/bin/x', writes: true }),
      ],
      [
        'the program',
        event({ type: 'connect', protocol: 'tcp', address: '203.0.113.66', port: 1 }),
        event(
          { type: 'connect', protocol: 'tcp', address: '203.0.113.66', port: 1 },
          { executable: '/tmp/x' },
        ),
      ],
    ]
    for (const [what, first, second] of pairs) {
      const judge = judgeOf()
      judge.take(first)
      expect(judge.take(first), what).toEqual([])
      expect(judge.take(second), what).not.toEqual([])
    }
    const judge = judgeOf()
    judge.take(exec('/bin/id'))
    now -= 86_400_000
    expect(judge.take(exec('/bin/id'))).toHaveLength(1)
    now += 86_400_000
  })
  it('remembers no more over many different files', () => {
    const judge = judgeOf({ maxRemembered: 100 })
    let told = 0
    for (let index = 0; index < 100_000; index++)
      told += judge.take(event({ type: 'open', path: `/srv/${letters(index)}`, writes: false })).length
    expect(told).toBe(100_000)
    expect(judge.status()).toMatchObject({ state: 'deviating', findings: { low: 100_000 } })
  })
  it('holds a bounded number of findings, whatever comes', () => {
    const judge = judgeOf({ maxRemembered: 2 })
    for (const path of ['/a', '/b', '/c']) expect(judge.take(exec(path))).toHaveLength(1)
    expect(judge.take(exec('/c'))).toEqual([])
    expect(judge.take(exec('/a'))).toHaveLength(1)
  })
  const unknown = (judge: ReturnType<typeof judgeOf>) => {
    const status = judge.status()
    return [status.state, status.verdict, ...status.unknown.map(({ code }) => code)]
  }
  it('never calls it expected when events are missing, or there are none', () => {
    const judge = judgeOf()
    expect(unknown(judge)).toEqual(['unknown', 'error', 'no-events'])
    for (const one of [...normalLoad, gap]) judge.take(one)
    expect(unknown(judge)).toEqual(['unknown', 'error', 'events-missing'])
    judge.take(exec('/bin/id'))
    expect(unknown(judge)).toEqual(['deviating', 'fail', 'events-missing'])
    judge.startWindow()
    expect(unknown(judge)).toEqual(['unknown', 'error', 'no-events'])
    for (const one of normalLoad) judge.take(one)
    expect(unknown(judge)).toEqual(['expected', 'pass'])
  })
  it('never calls it expected when the source is silent for too long', () => {
    const judge = judgeOf({ maxSilenceMs: 1000 })
    for (const one of normalLoad) judge.take(one)
    now += 1000
    expect(unknown(judge)).toEqual(['expected', 'pass'])
    now += 1
    expect(unknown(judge)).toEqual(['unknown', 'error', 'silent'])
    judge.take(gap)
    judge.take({ ...normalLoad[0]!, container: { imageDigest: otherImage } } as RuntimeEvent)
    expect(unknown(judge)).toEqual(['unknown', 'error', 'events-missing', 'silent'])
  })
  it('never calls it expected when events of the container go by another image', () => {
    const judge = judgeOf()
    const named = (id: string, imageDigest?: string) =>
      ({ ...normalLoad[0]!, container: { id, imageDigest } }) as RuntimeEvent
    judge.take(named('other', otherImage))
    expect(judge.take({ ...exec('/bin/id'), container: { id: 'other' } })).toEqual([])
    judge.take(named('own'))
    expect(unknown(judge)).toEqual(['expected', 'pass'])
    judge.take(named('own', otherImage))
    expect(unknown(judge)).toEqual(['unknown', 'error', 'other-image'])
    judge.take(exec('/bin/id'))
    expect(unknown(judge)[0]).toBe('deviating')
  })
  it('is about the kinds that are observed, and calls none expected that the profile does not know', () => {
    const judge = judgeOf({ observes: ['exec'] })
    judge.take(normalLoad[0]!)
    expect(judge.status()).toMatchObject({ state: 'expected', observes: ['exec'] })
    const blind = judgeOf({}, { ...profile, observes: ['exec'] })
    blind.take(normalLoad[0]!)
    expect(unknown(blind)).toEqual(['unknown', 'error', 'not-observed'])
    expect(() => judgeOf({ observes: [] })).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
  })
  it('never calls it expected by a profile that nobody approved, or of another image', async () => {
    const learning = createJudge(await learn('0'), { image, observes: behaviourKinds, clock })
    const other = judgeOf({ image: otherImage })
    for (const one of normalLoad) for (const judge of [learning, other]) judge.take(one)
    expect(unknown(learning)).toEqual(['unknown', 'error', 'not-approved'])
    expect(unknown(other)).toEqual(['unknown', 'error', 'other-image'])
    expect(learning.take(exec('/bin/id'))).toHaveLength(1)
    expect(unknown(learning)[0]).toBe('unknown')
  })
  it("knows nothing of kinds that the profile did not observe, but of programs that are not the image's", () => {
    const judge = judgeOf({}, { ...profile, observes: ['open'] })
    expect(judge.take(exec('/bin/id'))).toEqual([])
    expect(unknown(judge)).toEqual(['unknown', 'error', 'not-observed'])
    expect(judge.take(exec('/bin/id', { origin: 'memory' }))).toHaveLength(1)
  })
  it('takes an enforced profile, and refuses numbers that are none', () => {
    const judge = createJudge(enforceProfile(profile, step), { image, observes: behaviourKinds, clock })
    for (const one of normalLoad) judge.take(one)
    expect(judge.status().state).toBe('expected')
    expect(() => judgeOf({ maxSilenceMs: Number.NaN })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    )
    expect(() => judgeOf({ cooldownMs: Number.NaN })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    )
  })
})
