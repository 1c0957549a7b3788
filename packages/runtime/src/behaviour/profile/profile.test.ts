import { generateKeyPairSync } from 'node:crypto'
import { keySigner, signStatement, verifyEnvelope } from '@sallyport/attest'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RuntimeEvent } from '../behaviour-event.ts'
import { argumentShape } from './argument-shape.ts'
import { compareProfiles, inheritProfile } from './compare-profiles.ts'
import { generalisePaths, generalisePeers } from './generalise.ts'
import { createLearner } from './learn-profile.ts'
import { bound, mergeProfiles } from './merge-profiles.ts'
import { escapePath, fromShape, isPathPattern, shapeOf, unescapePath } from './path-pattern.ts'
import { formatProfile, parseProfile, profileDigest } from './profile-document.ts'
import { createProfileStatement, readProfileStatement } from './profile-statement.ts'
import { approveProfile, enforceProfile, proposeProfile, reopenProfile } from './profile-states.ts'
import { approved, event, files, image, learn, normalLoad, otherImage, step } from './profile.fixture.ts'
import { findMissingCoverage } from './saturation.ts'

const since = '2026-03-01T00:00:00.000Z'
const opens = (...paths: readonly string[]) =>
  paths.map((path) => ({ path: escapePath(path), writes: false, since }))
const patternsOf = (...paths: readonly string[]) =>
  generalisePaths(opens(...paths), 1000)?.map(({ path }) => path)
const numbers = (count: number, toPath: (index: number) => string) =>
  Array.from({ length: count }, (_, index) => toPath(index))
const uuid = (index: number) => `3f2a9c1${index}-aaaa-4bbb-8ccc-0123456789ab`

describe('generalisePaths', () => {
  it.each([
    ['numbers', numbers(5, (index) => `/proc/${index}/stat`), ['/proc/*/stat']],
    ['hexadecimal numbers', numbers(5, (index) => `/cache/deadbeef${index}a/x`), ['/cache/*/x']],
    ['UUIDs', numbers(5, (index) => `/data/${uuid(index)}.tmp`), ['/data/*.tmp']],
    [
      'random names of temporary files',
      ['/tmp/sort.aBcDeF', '/tmp/sort.Qwerty', '/tmp/sort.zxcvbn', '/tmp/sort.HjKlMn', '/tmp/sort.POIUYT'],
      ['/tmp/sort.*'],
    ],
    ['numbers inside of names', numbers(5, (index) => `/log/app-${index}.log`), ['/log/app-*.log']],
    ['one of two numbers', numbers(5, (index) => `/proc/1/fd/${index}`), ['/proc/1/fd/*']],
    ['too few', numbers(4, (index) => `/log/${index}`), ['/log/0', '/log/1', '/log/2', '/log/3']],
    [
      'words',
      ['/a/one', '/a/two', '/a/three', '/a/four', '/a/five'],
      ['/a/five', '/a/four', '/a/one', '/a/three', '/a/two'],
    ],
    [
      'other depths',
      ['/a/1', '/a/2/b', '/a/3/b/c', '/a/4', '/a/5/b'],
      ['/a/1', '/a/2/b', '/a/3/b/c', '/a/4', '/a/5/b'],
    ],
    [
      'random names elsewhere',
      ['/srv/x.aBcDeF', '/srv/x.Qwerty', '/srv/x.zxcvbn', '/srv/x.HjKlMn', '/srv/x.POIUYT'],
      ['/srv/x.HjKlMn', '/srv/x.POIUYT', '/srv/x.Qwerty', '/srv/x.aBcDeF', '/srv/x.zxcvbn'],
    ],
  ])('puts together %s as far as they are alike', (_, paths, expected) => {
    expect(patternsOf(...paths)).toEqual([...expected].sort())
  })
  it('keeps a star that is the name of a file apart from a pattern', () => {
    expect(patternsOf('/a/*', '/a/1')).toEqual([String.raw`/a/1`, String.raw`/a/\*`])
  })
  it("never puts together what is private to a process, but knows a process's own", async () => {
    const learned = await learn('0', [
      ...['11', '12', '13', '14', '15', '16'].map((pid) =>
        event({ type: 'open', path: `/proc/${pid}/environ`, writes: false }, { pid: Number(pid) }),
      ),
      ...['21', '22', '23', '24', '25'].map((pid) =>
        event({ type: 'open', path: `/proc/${pid}/mem`, writes: false }),
      ),
    ])
    expect(learned.opens.map(({ path: pattern }) => pattern)).toEqual([
      '/proc/21/mem',
      '/proc/22/mem',
      '/proc/23/mem',
      '/proc/24/mem',
      '/proc/25/mem',
      '/proc/self/environ',
    ])
  })
  it('keeps names of unix sockets whole', () => {
    const names = ['@a b/c', 'x/24', '/run/a b/10.0.0.1']
    const connects = names.map((peer) => ({ protocol: 'unix' as const, peer, port: 0, since }))
    expect(generalisePeers(connects, 10)?.map(({ peer }) => peer)).toEqual([...names].sort())
  })
  it('gives nothing for too many shapes', () => {
    expect(generalisePaths(opens('/a', '/b', '/c'), 2)).toBeUndefined()
  })

  const part = fc.oneof(
    fc.constantFrom('a', 'b', 'lib.so.', '*', '⋯', '\\', 'tmp', '-', '.'),
    fc.nat(12).map(String),
    fc.constantFrom('deadbeef01', 'cafebabe02', 'aBcDeF', uuid(1), uuid(2)),
  )
  const path = fc
    .tuple(
      fc.constantFrom('', '/tmp', '/run'),
      fc.array(
        fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('')),
        { minLength: 1, maxLength: 3 },
      ),
    )
    .map(([root, parts]) => `${root}/${parts.join('/')}`)
  const paths = fc.array(path, { maxLength: 60 })
  it('takes any path apart and puts it together again', () => {
    fc.assert(
      fc.property(path, (one) => {
        const escaped = escapePath(one)
        expect(fromShape(shapeOf(escaped))).toBe(escaped)
        expect(unescapePath(escaped)).toBe(one)
        expect(isPathPattern(escaped)).toBe(false)
      }),
    )
  })
  it('gives the same for a union, whether its parts were put together before or not', () => {
    fc.assert(
      fc.property(paths, paths, (one, other) => {
        const whole = generalisePaths(opens(...one, ...other), 10_000)!
        const halves = [
          ...generalisePaths(opens(...one), 10_000)!,
          ...generalisePaths(opens(...other), 10_000)!,
        ]
        expect(generalisePaths(halves, 10_000)).toEqual(whole)
        for (const { path: pattern } of whole)
          expect([...one, ...other].some((own) => own.split('/').length === pattern.split('/').length)).toBe(
            true,
          )
      }),
      { numRuns: 300 },
    )
  })
})

describe('argumentShape', () => {
  it('keeps the name that a program is called by when it is not its own', () => {
    expect(argumentShape(['nc', '-e', 'sh'], '/bin/busybox')).toBe('(nc) -e *')
    expect(argumentShape(['-bash'], '/bin/bash')).toBe('')
    expect(argumentShape(['a b c'], '/bin/bash')).toBe('(*)')
  })
  it.each([
    [['nginx', '-g', 'daemon off;', '--pid=/run/x'], '-g * --pid=*'],
    [['sh', '-c', 'curl -H "token: abc"'], '-c *'],
    [['a'], ''],
    [['a', 'one', 'two', '-p5432'], '* -p*'],
    [['a', '-psecret', '-Psecret'], '-p* -P*'],
    [['a', '--password', 'secret', '-1'], '--password * -*'],
    [['python3', '-cimport os'], '-c*'],
    [['a', 'x', '…'], '* …'],
    [['python3', '-'], '-'],
    [['/bin/busybox', 'nc', '10.0.0.1'], '(nc) *'],
    [['a', ...Array<string>(64).fill('x')], '*'],
    [['a', ...Array<string>(64).fill('x'), '--exec'], '* …'],
  ])('of %j keeps no values', (words, expected) => {
    expect(argumentShape(words)).toBe(expected)
  })
})

describe('createLearner', () => {
  it('learns what a container does, with the digests of its programs', async () => {
    const profile = await learn('0')
    expect(profile).toMatchObject({
      state: 'learning',
      execs: [
        {
          path: '/usr/bin/cartd',
          digests: [files['/usr/bin/cartd']],
          shapes: ['--port *'],
          usesNetwork: true,
          isFromImage: true,
        },
      ],
      connects: [
        { peer: '10.0.0.7', port: 5432 },
        { peer: 'api.example.test', port: 443 },
      ],
      listens: [{ address: '0.0.0.0', port: 80 }],
      capabilities: [{ name: 'CAP_NET_BIND_SERVICE' }],
      syscalls: [{ name: 'openat' }, { name: 'read' }],
      refused: [],
      runs: [{ id: '0', gaps: 0, events: normalLoad.length }],
    })
  })
  const evil = { type: 'connect', protocol: 'tcp', address: '203.0.113.66', port: 4444 } as const
  it.each([
    ['upper-layer', event({ type: 'exec', path: '/usr/bin/cartd', origin: 'upper-layer' }, { pid: 66 })],
    ['memory', event({ type: 'exec', path: '/memfd:x', origin: 'memory' }, { pid: 66 })],
    ['not-in-image', event({ type: 'exec', path: '/tmp/x' }, { pid: 66 })],
    ['changed', event({ type: 'exec', path: '/bin/sh', digest: otherImage }, { pid: 66 })],
    ['entered', event({ type: 'exec', path: '/bin/sh', tags: ['entered'] }, { pid: 66 })],
    ['entered', event({ type: 'exec', path: '/bin/sh', tags: ['debug'] }, { pid: 66 })],
  ])('refuses a program (%s), and all that comes of it', async (reason, start) => {
    const own = event(evil, { pid: 66, executable: '/tmp/x' })
    const child = event({ type: 'exec', path: '/bin/sh' }, { pid: 67, parents: [{ pid: 66 }] })
    const grandchild = event({ ...evil, port: 5555 }, { pid: 68, parents: [{ pid: 67 }, { pid: 66 }] })
    const profile = await learn('0', [...normalLoad, start, own, child, grandchild])
    const { refused, ...rest } = profile
    expect(refused).toMatchObject(
      [{ path: '/bin/sh' }, { path: start.type === 'exec' ? start.path : '' }]
        .sort((one, other) => (one.path < other.path ? -1 : 1))
        .slice(-refused.length),
    )
    expect(refused).toContainEqual(expect.objectContaining({ reason }))
    const { refused: _, ...expected } = await learn('0')
    expect({ ...rest, runs: [] }).toEqual({ ...expected, runs: [] })
  })
  it('leaves out events of another image, and counts gaps', async () => {
    const foreign = { ...event({ type: 'syscall', name: 'ptrace' }), container: { imageDigest: otherImage } }
    const gap: RuntimeEvent = { type: 'gap', source: 'test', code: 'lost', message: 'lost', count: 3 }
    const profile = await learn('0', [...normalLoad, foreign, gap])
    expect(profile.syscalls.map(({ name }) => name)).not.toContain('ptrace')
    expect(profile.runs).toMatchObject([{ gaps: 3 }])
  })
  it('keeps nothing of a kind that has too much in it, and says so', async () => {
    const many = numbers(
      12_000,
      (index) =>
        `/a/${'b'.repeat(1 + (index % 100))}/${'cdefghijkl'[index % 10]!.repeat(1 + Math.floor(index / 100))}`,
    )
    const profile = await learn(
      '0',
      many.map((path) => event({ type: 'open', path, writes: false })),
    )
    expect(profile).toMatchObject({ opens: [], overflow: ['open'] })
    expect(findMissingCoverage(profile).map(({ code }) => code)).toContain('overflow')
  })
  it('holds any number of temporary files in one pattern', () => {
    const learner = createLearner({ family: 'f', workload: 'w', image, run: 'r', observes: ['open'] })
    for (let index = 0; index < 100_000; index++)
      learner.take(event({ type: 'open', path: `/tmp/f-${index}`, writes: true }))
    expect(learner.profile().opens).toMatchObject([{ path: '/tmp/f-*', writes: true }])
  })
  it('takes the number of the process itself for one that changes', async () => {
    const save = event({ type: 'open', path: '/data/temp-74.rdb', writes: true }, { pid: 74 })
    const library = event({ type: 'open', path: '/lib/libc.so.6', writes: false }, { pid: 6 })
    const { opens: learned } = await learn('0', [save, library])
    expect(learned.map(({ path }) => path)).toEqual(['/data/temp-*.rdb', '/lib/libc.so.6'])
  })
  it.each([{ run: '' }, { observes: [] }])('refuses %j', (wrong) => {
    expect(() =>
      createLearner({ family: 'f', workload: 'w', image, run: 'r', observes: ['open'], ...wrong }),
    ).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
  })
})

describe('mergeProfiles', () => {
  const some = fc.array(
    fc.oneof(
      fc
        .record({ path: fc.nat(9).map((number) => `/a/${number}`), writes: fc.boolean() })
        .map((open) => event({ type: 'open', ...open })),
      fc
        .nat(9)
        .map((number) => event({ type: 'connect', protocol: 'tcp', address: `10.0.0.${number}`, port: 80 })),
      fc.constantFrom('read', 'write', 'openat').map((name) => event({ type: 'syscall', name })),
      fc
        .record({
          arguments: fc.array(fc.constantFrom('a', '-b', '-c'), { maxLength: 4 }),
          parent: fc.nat(20),
        })
        .map(({ arguments: words, parent }) =>
          event(
            { type: 'exec', path: '/bin/sh', arguments: words },
            { parents: [{ executable: `/p${parent}` }] },
          ),
        ),
    ),
    { maxLength: 30 },
  )
  const profile = fc.tuple(
    fc.nat(5),
    some,
    fc.subarray(['exec', 'open', 'connect', 'syscall'] as const, { minLength: 1 }),
  )
  it('is the same in any order and grouping, and of a profile with itself', async () => {
    await fc.assert(
      fc.asyncProperty(profile, profile, profile, async (...parts) => {
        const [one, two, three] = await Promise.all(
          parts.map(([run, events, observes]) => learn(String(run), events, { observes })),
        )
        const whole = formatProfile(mergeProfiles([one!, two!, three!]))
        expect(formatProfile(mergeProfiles([mergeProfiles([three!, one!]), two!]))).toBe(whole)
        expect(formatProfile(mergeProfiles([one!, mergeProfiles([two!, three!])]))).toBe(whole)
        expect(formatProfile(mergeProfiles([mergeProfiles([one!, two!, three!]), two!]))).toBe(whole)
        expect(formatProfile(mergeProfiles([one!]))).toBe(formatProfile(one!))
      }),
      { numRuns: 60 },
    )
  })
  it('puts addresses of one network together, and observes what all observed', async () => {
    const peers = (...last: readonly number[]) =>
      last.map((number) => event({ type: 'connect', protocol: 'tcp', address: `10.0.0.${number}`, port: 80 }))
    const merged = mergeProfiles([
      await learn('0', peers(1, 2, 3)),
      await learn('1', peers(4, 5), { observes: ['connect'] }),
    ])
    expect(merged.connects).toMatchObject([{ peer: '10.0.0.0/24', port: 80 }])
    expect(merged.observes).toEqual(['connect'])
  })
  it('of different workloads is refused', async () => {
    const other = await learn('1', [], { workload: 'shop/till' })
    const one = await learn('0')
    expect(() => mergeProfiles([one, other])).toThrow(expect.objectContaining({ code: 'PROFILE_INVALID' }))
    expect(() => mergeProfiles([])).toThrow(expect.objectContaining({ code: 'PROFILE_INVALID' }))
  })
})

describe('findMissingCoverage', () => {
  const codes = async (...runs: readonly Awaited<ReturnType<typeof learn>>[]) =>
    findMissingCoverage(mergeProfiles(runs), { quietEvents: 20 }).map(({ code }) => code)
  const gap: RuntimeEvent = { type: 'gap', source: 'test', code: 'lost', message: 'lost', count: 1 }
  it('wants runs without anything new, whatever time has passed', async () => {
    expect(await codes(await learn('0'))).toEqual(['quiet-runs', 'quiet-events'])
    const late = new Date('2036-01-01T00:00:00Z')
    expect(await codes(await learn('0'), await learn('1', normalLoad, { startedAt: late }))).toContain(
      'quiet-runs',
    )
    const four = await Promise.all(['0', '1', '2', '3'].map((run) => learn(run)))
    expect(await codes(...four)).toEqual([])
    const fresh = await learn('4', [...normalLoad, event({ type: 'syscall', name: 'readv' })])
    expect(await codes(...four, fresh)).toContain('quiet-runs')
  })
  it('never counts a run with gaps, nor one that was not seen from start to shutdown', async () => {
    const four = ['0', '1', '2', '3']
    expect(
      await codes(
        ...(await Promise.all(
          four.map((run) => learn(run, run === '3' ? [...normalLoad, gap] : normalLoad)),
        )),
      ),
    ).toContain('quiet-runs')
    expect(
      await codes(
        ...(await Promise.all(
          four.map((run) => learn(run, normalLoad, { phases: ['load', 'reload', 'probe', 'start'] })),
        )),
      ),
    ).toContain('phases')
  })
  it("wants to know that programs are the image's", async () => {
    const four = await Promise.all(
      ['0', '1', '2', '3'].map((run) => learn(run, normalLoad, { manifest: undefined })),
    )
    expect(await codes(...four)).toEqual(['unchecked-executables'])
    expect(
      findMissingCoverage(mergeProfiles(four), { quietEvents: 20, unsafeAllowUncheckedExecutables: true }),
    ).toEqual([])
  })
})

describe('the states of a profile', () => {
  it('approve nothing that saw no whole life of a container, and take no number that is none', async () => {
    const candidate = { ...reopenProfile(await approved()), state: 'candidate' as const }
    const [run] = candidate.runs
    for (const runs of [
      [],
      candidate.runs.map((one) => ({ ...one, gaps: 1 })),
      [{ ...run!, phases: ['start' as const] }],
      [{ ...run!, events: 0 }],
    ])
      expect(() => approveProfile({ ...candidate, runs }, step)).toThrow(
        expect.objectContaining({ code: 'PROFILE_INVALID' }),
      )
    for (const wrong of [
      { quietRuns: Number.NaN },
      { quietRuns: 0 },
      { quietEvents: Number.NaN },
      { quietMs: -1 },
    ])
      expect(() => findMissingCoverage(candidate, wrong)).toThrow(
        expect.objectContaining({ code: 'OPTIONS_INVALID' }),
      )
  })
  it('go one step at a time', async () => {
    const profile = await approved()
    expect(profile).toMatchObject({ state: 'approved', approval: step })
    const enforced = enforceProfile(profile, step)
    expect(enforced).toMatchObject({ state: 'enforced', approval: step, enforcement: step })
    expect(reopenProfile(enforced)).not.toHaveProperty('approval')
  })
  it('allow no other step: not by types, and not without them', async () => {
    const learning = await learn('0')
    const profile = await approved()
    // @ts-expect-error what is learned was not proposed
    expect(() => approveProfile(learning, step)).toThrow(expect.objectContaining({ code: 'PROFILE_INVALID' }))
    // @ts-expect-error what is learned was not approved
    expect(() => enforceProfile(learning, step)).toThrow(expect.objectContaining({ code: 'PROFILE_INVALID' }))
    // @ts-expect-error what is approved is no candidate
    expect(() => approveProfile(profile, step)).toThrow(expect.objectContaining({ code: 'PROFILE_INVALID' }))
    // @ts-expect-error what is approved does not learn
    expect(() => proposeProfile(profile)).toThrow(expect.objectContaining({ code: 'PROFILE_INVALID' }))
    // @ts-expect-error what is approved does not learn
    expect(() => mergeProfiles([profile]).state satisfies 'learning').not.toThrow()
  })
  it.each([{ by: ' ' }, { reason: '' }, { at: 'soon' }])('need who, when and why: not %j', async (wrong) => {
    const candidate = { ...reopenProfile(await approved()), state: 'candidate' as const }
    expect(() => approveProfile(candidate, { ...step, ...wrong })).toThrow(
      expect.objectContaining({ code: 'PROFILE_INVALID' }),
    )
  })
})

describe('inheritProfile', () => {
  it('gives a new image a candidate, and says what is different', async () => {
    const profile = await approved()
    const next = `sha256:${'99'.repeat(32)}` as const
    const observed = await learn('9', [event({ type: 'syscall', name: 'splice' })], { image: otherImage })
    const inherited = inheritProfile(profile, {
      image: otherImage,
      manifest: { find: () => ({ digest: next }) },
      observed,
    })
    expect(inherited.profile).toMatchObject({
      state: 'candidate',
      images: [otherImage],
      inheritedFrom: [image],
      execs: [{ digests: [next] }],
      runs: [{ id: '9' }],
    })
    expect(inherited.profile).not.toHaveProperty('approval')
    const foreign = await learn('8')
    expect(() => inheritProfile(profile, { image: otherImage, observed: foreign })).toThrow(
      expect.objectContaining({ code: 'PROFILE_INVALID' }),
    )
    expect(inherited.diff).toEqual({
      added: [{ kind: 'syscall', name: 'splice' }],
      removed: [],
      changed: [{ kind: 'exec', name: '/usr/bin/cartd' }],
    })
  })
  it('drops programs that the new image does not have, and keeps no digests that nobody checked', async () => {
    const profile = await approved()
    const gone = inheritProfile(profile, { image: otherImage, manifest: { find: () => undefined } })
    expect(gone.diff.removed).toEqual([{ kind: 'exec', name: '/usr/bin/cartd' }])
    expect(inheritProfile(profile, { image: otherImage }).profile.execs).toMatchObject([
      { digests: [], isFromImage: false },
    ])
    expect(compareProfiles(profile, profile)).toEqual({ added: [], removed: [], changed: [] })
  })
})

describe('parseProfile', () => {
  it('reads what formatProfile wrote', async () => {
    const profile = enforceProfile(await approved(), step)
    expect(parseProfile(formatProfile(profile))).toEqual(profile)
    expect(profileDigest(parseProfile(formatProfile(profile)))).toBe(profileDigest(profile))
  })
  it.each([
    ['no JSON', () => '{'],
    ['deep JSON', () => '['.repeat(50)],
    [
      'an approval that is missing',
      (text: string) => text.replace('"state":"candidate"', '"state":"approved"'),
    ],
    ['a field that is not known', (text: string) => text.replace('{', '{"extra":1,')],
    [
      'a list that is not sorted',
      (text: string) => text.replace(/("syscalls":\[)(\{.*?\}),(\{.*?\})/, '$1$3,$2'),
    ],
    ['a path that is none', (text: string) => text.replace('/etc/cart.yaml', 'etc/cart.yaml')],
  ])('refuses %s', async (_, spoil) => {
    const candidate = { ...reopenProfile(await approved()), state: 'candidate' as const }
    expect(() => parseProfile(spoil(formatProfile(candidate)))).toThrow(
      expect.objectContaining({ code: 'PROFILE_INVALID' }),
    )
  })
  it('knows its own lists as bound', async () => {
    const profile = await approved()
    expect(bound(profile, profile.overflow)).toMatchObject({ execs: profile.execs, opens: profile.opens })
  })
})

describe('a profile as an attestation', () => {
  it('is signed, verified and read back', async () => {
    const profile = await approved()
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const signed = await signStatement(
      createProfileStatement(profile),
      keySigner(privateKey.export({ format: 'pem', type: 'pkcs8' }) as string),
    )
    const verdict = verifyEnvelope(Buffer.from(signed.envelope).toString(), {
      payloadType: 'application/vnd.in-toto+json',
      keys: [publicKey.export({ format: 'pem', type: 'spki' }) as string],
    })
    if (!verdict.verified) throw new Error(verdict.message)
    expect(
      readProfileStatement(JSON.parse(Buffer.from(verdict.payload).toString()) as never, {
        image,
        workload: 'shop/cart',
      }),
    ).toEqual(profile)
  })
  it('of another image, of another monitor, or that nobody approved is refused', async () => {
    const profile = await approved()
    const statement = createProfileStatement(profile)
    const read =
      (changed: object, digest: `sha256:${string}` = image) =>
      () =>
        readProfileStatement({ ...statement, ...changed } as never, { image: digest, workload: 'shop/cart' })
    expect(() => readProfileStatement(statement, { image, workload: 'shop/admin' })).toThrow(
      expect.objectContaining({ code: 'PROFILE_INVALID', subject: 'shop/admin' }),
    )
    expect(read({}, otherImage)).toThrow(expect.objectContaining({ code: 'PROFILE_INVALID' }))
    expect(read({ subject: [{ digest: { sha256: 'cd'.repeat(32) } }] })).toThrow(
      expect.objectContaining({ code: 'PROFILE_INVALID' }),
    )
    expect(read({ predicateType: 'https://example.test/x' })).toThrow(
      expect.objectContaining({ code: 'PROFILE_INVALID' }),
    )
    const text = JSON.stringify(statement.predicate)
    expect(read({ predicate: JSON.parse(text.replace('behaviour-profile', 'other')) as unknown })).toThrow(
      expect.objectContaining({ code: 'PROFILE_INVALID' }),
    )
    const candidate = JSON.parse(text) as { monitor: { tracePolicy: Record<string, unknown> } }
    candidate.monitor.tracePolicy['state'] = 'candidate'
    delete candidate.monitor.tracePolicy['approval']
    expect(read({ predicate: candidate })).toThrow(expect.objectContaining({ code: 'PROFILE_INVALID' }))
  })
})
