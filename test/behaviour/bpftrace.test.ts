import { spawnSync } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { type ApprovedProfile, createJudge, readInspektorGadgetEvents } from '@sallyport/runtime/behaviour'
import { smokeTest } from '@sallyport/test-images'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { bpftraceRefusal, recordRedis } from './bpftrace.ts'
import { learnImage } from './learn-image.ts'
import { openWatchedImage, type WatchedImage } from './watched-image.ts'

const refusal = bpftraceRefusal()
const isRequired = process.env['SALLYPORT_REQUIRE_TOOLS'] !== undefined
if (refusal !== undefined && !isRequired)
  process.stdout.write(`skipped, for this machine runs no bpftrace: ${refusal}\n`)

// The other witness: the kernel's tracepoints, which share nothing with ptrace, and no process is slowed or changed.
describe.skipIf(refusal !== undefined && !isRequired)(
  'redis under bpftrace, by the profile that strace taught',
  () => {
    let directory: string
    let watched: WatchedImage
    let profile: ApprovedProfile
    beforeAll(async () => {
      if (refusal !== undefined) throw new Error(`this machine runs no bpftrace: ${refusal}`)
      directory = await mkdtemp(join(tmpdir(), 'sallyport-behaviour-'))
      watched = await openWatchedImage('redis', directory)
      profile = await learnImage(watched)
    })
    afterAll(async () => {
      await watched?.[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    })

    const client = (...words: readonly string[]) =>
      spawnSync('chroot', [watched.rootDirectory, 'redis-cli', ...words])
    async function judgeRecording(work: () => Promise<unknown>) {
      const judge = createJudge(profile, { image: watched.digest, observes: ['exec', 'open', 'connect'] })
      const told: string[] = []
      const recording = await recordRedis(() => client('--version'), work)
      for await (const event of readInspektorGadgetEvents(recording))
        told.push(...judge.take(event).map(({ code, subject }) => `${code} ${subject}`))
      return { told, status: judge.status() }
    }

    it('does what it was seen to do', async () => {
      const { told, status } = await judgeRecording(() => smokeTest('redis', watched.rootDirectory))
      expect(told).toEqual([])
      expect(status).toMatchObject({ state: 'expected', unknown: [] })
      expect(status.events).toBeGreaterThan(50)
    })

    it('is told when it speaks to a new endpoint', async () => {
      const { told } = await judgeRecording(async () => client('-h', '127.0.0.2', '-p', '9999', 'PING'))
      expect(told).toEqual(['new-endpoint unknown 127.0.0.2:9999'])
    })
  },
)
