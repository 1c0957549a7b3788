import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { sqliteJournal } from '@sallyport/gate'
import { createRegistryClient, parseReference, type RegistryClient } from '@sallyport/oci'
import { type RunningRegistry, startDockerRegistry, startOlareg } from '@sallyport/test-tools'
import { pushImage } from '@sallyport/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Fault, lieAbout, lies, type PassingRequest, troubles, troubleWith } from './faults.ts'
import { type Lane, startLane } from './lane.ts'
import { type Direction, directions, type Misfortune, type Plan, planPoints } from './plan.ts'
import type { WorkerAnswer } from './promote-worker.ts'
import { seededRandom } from './seeded-random.ts'
import { canMount, mountSmallDisk } from './small-disk.ts'
import { generateGateKeys, readTargetState, smallImage, type TargetState } from './small-gate.ts'

const points = Number(process.env['SALLYPORT_CHAOS_POINTS'] ?? 60)
const seed = Number(process.env['SALLYPORT_CHAOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
process.stdout.write(
  `chaos: ${points} points, seed ${seed} (npm run chaos -- --points ${points} --seed ${seed})\n`,
)

const directory = await mkdtemp(join(tmpdir(), 'sallyport-chaos-'))
const mayMount = await canMount(join(directory, 'disk'))
if (!mayMount) {
  if (process.env['SALLYPORT_REQUIRE_TOOLS']) throw new Error('may not mount: no point can have a full disk')
  process.stdout.write('chaos: may not mount, so no point has a full disk\n')
}
const misfortunes: readonly Misfortune[] = [
  'nothing else',
  ...troubles,
  ...lies,
  ...(mayMount ? (['full disk'] as const) : []),
]

/** What an undisturbed promotion does in one direction. */
interface Undisturbed {
  readonly state: TargetState
  readonly requests: number
  readonly durationMs: number
}

const keys = generateGateKeys()
const undisturbed = new Map<Direction, Undisturbed>()
const lanes: Lane[] = []
const idle = new Map<Direction, Lane[]>(directions.map((direction) => [direction, []]))
const counts = { killed: 0, attempts: 0 }
let registries: { readonly docker: RunningRegistry; readonly olareg: RunningRegistry }
let client: RegistryClient

const ends = (direction: Direction) => {
  const { docker, olareg } = registries
  return direction === 'docker-registry → olareg'
    ? { from: docker, to: olareg }
    : { from: olareg, to: docker }
}

beforeAll(async () => {
  registries = {
    docker: await startDockerRegistry({ directory: join(directory, 'docker-registry') }),
    olareg: await startOlareg({ directory: join(directory, 'olareg') }),
  }
  client = createRegistryClient()
  for (const { host } of Object.values(registries)) {
    await pushImage(client.repository(parseReference(`${host}/build/app`)), smallImage('app'), '1')
  }
  for (const direction of directions) {
    const { to } = ends(direction)
    const lane = await takeLane(direction)
    idle.get(direction)!.push(lane)
    // The second run is what the others are measured by: the first one loads code.
    for (const run of ['first', 'undisturbed']) {
      let requests = 0
      lane.source.decide = lane.target.decide = () => void requests++
      const started = performance.now()
      const answer = await promote(
        lane,
        `prod/${run}`,
        await newFolder(`${to.host.replace(':', '-')}-${run}`),
      )
      expect(answer).toMatchObject({ verdict: 'pass' })
      const state = await readTargetState(client, `${to.host}/prod/${run}:1`, keys)
      expect(state).toMatchObject({ rejected: 0 })
      undisturbed.set(direction, { state: state!, requests, durationMs: performance.now() - started })
    }
  }
})

afterAll(async () => {
  for (const lane of lanes) await lane[Symbol.asyncDispose]()
  await client.close()
  await Promise.all(Object.values(registries).map((registry) => registry.stop()))
  await rm(directory, { recursive: true, force: true })
})

describe('a promotion that is killed', () => {
  it.concurrent.for(planPoints(points, seed, misfortunes).map((plan) => [plan.title, plan] as const))(
    'point %s',
    async ([, plan], { expect }) => {
      const lane = await takeLane(plan.direction)
      try {
        const lie = lies.find((name) => name === plan.misfortune)
        if (lie) await promoteToLiar(plan, lie, lane)
        // Where an attempt ended before its time to die, another one is killed earlier.
        for (let round = 0; ; round++) {
          if (await runPoint(plan, round, lane)) break
          expect(round, 'rounds without a kill').toBeLessThan(6)
        }
      } finally {
        idle.get(plan.direction)!.push(lane)
      }
    },
  )
})

describe('afterwards', () => {
  it('every point was killed', () => {
    expect(counts.killed).toBe(points)
  })

  it.each(directions)(
    'the log of the target shows no write after the first one of a tag: %s',
    async (direction) => {
      const { to } = ends(direction)
      await to.stop()
      const writes = (await to.requests()).flatMap(({ method, url, status }) => {
        const { repository, rest } =
          /^\/v2\/(?<repository>prod\/[^/]+)\/(?<rest>[^?]+)/.exec(url)?.groups ?? {}
        return method === 'PUT' && status < 300 && repository ? [{ repository, rest: rest! }] : []
      })
      const repositories = [...new Set(writes.map(({ repository }) => repository))]
      expect(repositories.length).toBeGreaterThanOrEqual(points / 2)
      for (const name of repositories) {
        const own = writes.filter(({ repository }) => repository === name).map(({ rest }) => rest)
        const tagged = own.indexOf('manifests/1')
        expect(tagged, `a tag of ${name}`).toBeGreaterThan(0)
        // A tag whose answer got lost is written again; anything else would have come too late.
        expect(own.slice(tagged).filter((rest) => rest !== 'manifests/1')).toEqual([])
      }
    },
  )
})

/** One promotion from the first attempt to the last; resolves with whether it was killed on its way. */
async function runPoint(plan: Plan, round: number, lane: Lane): Promise<boolean> {
  const { number, direction, misfortune } = plan
  const name = `prod/point-${number}-${round}`
  const to = `${ends(direction).to.host}/${name}:1`
  const usual = undisturbed.get(direction)!
  const work = await newFolder(`point-${number}-${round}`)
  const random = seededRandom(plan.seed + round)
  await using disk =
    misfortune === 'full disk'
      ? await mountSmallDisk(join(work, 'journal'), 4 * (12 + random.below(30)))
      : undefined
  const kill = { ...plan.kill, ...('share' in plan.kill && { share: plan.kill.share / 2 ** round }) }
  const killRequest = kill.by === 'request' ? Math.floor(kill.share * usual.requests) : undefined

  await using watch = watchTag(to, usual.state, misfortune)
  let killed = false
  let troubled = true
  for (let attempt = 1; attempt <= 8; attempt++) {
    counts.attempts++
    let requests = 0
    const decide =
      (side: 'source' | 'target') =>
      (request: PassingRequest): Fault | undefined => {
        if (!killed && requests++ === killRequest && kill.by === 'request')
          return { type: 'kill', when: kill.when }
        if (!troubled) return undefined
        const trouble = troubles.find((name) => name === misfortune)
        if (trouble) return troubleWith(trouble, request, random.next(), random.next())
        const lie = lies.find((name) => name === misfortune)
        return lie && side === 'target' ? lieAbout(lie, request) : undefined
      }
    lane.source.decide = decide('source')
    lane.target.decide = decide('target')
    const timer =
      kill.by === 'time' && !killed ? setTimeout(() => lane.kill(), kill.share * usual.durationMs) : undefined
    const answer = await promote(lane, name, work, {
      killAt: kill.by === 'step' && !killed ? kill.at : undefined,
      journal: disk && join(disk.folder, 'journal.db'),
    })
    clearTimeout(timer)

    if (answer === 'killed') {
      if (killed) throw new Error('the worker ended by itself')
      killed = true
      counts.killed++
      // What lies or is full is mended when the process starts again; a network stays as it is a little longer.
      troubled = troubles.some((name) => name === misfortune)
    } else if (answer.verdict === 'pass') {
      await watch.finish()
      expect(await stateOf(to, misfortune)).toEqual(usual.state)
      await using journal = sqliteJournal(disk ? join(disk.folder, 'journal.db') : join(work, 'journal.db'))
      expect((await journal.list()).items).toMatchObject([
        {
          destination: expect.stringContaining(`${name}:1`),
          verdict: 'pass',
          targetDigest: usual.state.digest,
        },
      ])
      return killed
    } else {
      expect(answer, 'an untroubled attempt').toSatisfy(() => troubled)
      troubled = false
    }
    if (!troubled) await disk?.enlarge()
  }
  throw new Error('no attempt passed')
}

/** A promotion to a target that lies all the time, and nobody dies: either all is there, or there is no tag. */
async function promoteToLiar(
  { number, direction }: Plan,
  lie: (typeof lies)[number],
  lane: Lane,
): Promise<void> {
  const name = `lied-to/point-${number}`
  const to = `${ends(direction).to.host}/${name}:1`
  lane.source.decide = () => undefined
  lane.target.decide = (request) => lieAbout(lie, request)
  const answer = await promote(lane, name, await newFolder(`lied-to-${number}`))
  const complete = typeof answer === 'object' && answer.verdict === 'pass'
  expect(await readTargetState(client, to, keys), JSON.stringify(answer)).toEqual(
    complete ? undisturbed.get(direction)!.state : undefined,
  )
}

/** Looks for the tag all the time; when it appears, everything must be there and verify. */
function watchTag(
  to: string,
  complete: TargetState,
  misfortune: Misfortune,
): AsyncDisposable & { finish(): Promise<void> } {
  const { tag, ...name } = parseReference(to)
  const repository = client.repository(name)
  const stopped = new AbortController()
  const watched = (async () => {
    while (!stopped.signal.aborted) {
      if (await repository.findManifest(tag!).catch(() => undefined)) {
        expect(await stateOf(to, misfortune), 'at the moment that the tag appeared').toEqual(complete)
        return true
      }
      await delay(20)
    }
    return false
  })()
  watched.catch(() => undefined)
  return {
    async finish() {
      expect(await watched).toBe(true)
    },
    async [Symbol.asyncDispose]() {
      stopped.abort()
      await watched.catch(() => undefined)
    },
  }
}

/**
 * What is there. Where a target lost blobs of evidence, their broken referrers stay beside those that were attached anew,
 * and so does the decision that names them; nobody but the registry can take them away.
 */
async function stateOf(to: string, misfortune: Misfortune): Promise<TargetState | undefined> {
  const state = await readTargetState(client, to, keys)
  if (!state || misfortune !== 'evidence lost') return state
  return { ...state, evidence: [...new Set(state.evidence)], rejected: 0 }
}

function promote(
  lane: Lane,
  name: string,
  work: string,
  { killAt, journal }: { killAt?: string | undefined; journal?: string | undefined } = {},
): Promise<WorkerAnswer | 'killed'> {
  return lane.promote({
    from: `${lane.source.host}/build/app:1`,
    to: `${lane.target.host}/${name}:1`,
    work,
    journal: journal ?? join(work, 'journal.db'),
    keys,
    killAt,
  })
}

/** A lane that is free, or a new one; no more are at work at once than points are. */
async function takeLane(direction: Direction): Promise<Lane> {
  const free = idle.get(direction)!.pop()
  if (free) return free
  const { from, to } = ends(direction)
  const lane = await startLane(from.host, to.host)
  lanes.push(lane)
  return lane
}

async function newFolder(name: string): Promise<string> {
  const folder = join(directory, name)
  await mkdir(folder, { recursive: true })
  return folder
}
