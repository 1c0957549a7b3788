import { generateSigningKey, keySigner, readEvidence } from '@sallyport/attest'
import { createImage, createImageIndex, pushImage, startRegistry } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { breakGlassType } from '../steps/describe-break-glass.ts'
import type { GateAlert } from './alert.ts'
import { debianImage } from './debian-image.fixture.ts'
import { noCritical, openTestGate, scannerFor, startTime, type TestGate } from './test-gate.fixture.ts'

const approver = generateSigningKey()
const stranger = generateSigningKey()
const scanners = [scannerFor('hello')]
const hour = 3_600_000

async function withImage(test: (gate: TestGate, from: string, to: string) => Promise<void>): Promise<void> {
  await using registry = await startRegistry()
  await using gate = await openTestGate()
  const from = `${registry.host}/build/app:1`
  await pushImage(gate.repository(from), createImage(debianImage()), '1')
  await test(gate, from, `${registry.host}/prod/app:1`)
}

describe('what a person approves in the quarantine', () => {
  const approve = async (gate: TestGate, from: string, to: string, key = approver) => {
    const stopped = await gate.promote({ from, to, scanners })
    if (stopped.verdict !== 'fail') throw new Error(`it should have been stopped: ${stopped.verdict}`)
    await gate.quarantine.approve(stopped.quarantine.id, {
      approver: 'Jo of the security team',
      reason: 'the flawed function is not reachable',
      expires: new Date(Date.parse(startTime) + hour).toISOString(),
      signer: keySigner(key.privateKey),
    })
    return stopped.quarantine.id
  }
  const again = { scanners, approvalKeys: [approver.publicKey] }

  it('passes the next time, by a waiver that names who approved', () =>
    withImage(async (gate, from, to) => {
      await approve(gate, from, to)
      const outcome = await gate.promote({ from, to, ...again })
      expect(outcome).toMatchObject({
        verdict: 'pass',
        decision: { waivers: [{ state: 'applied', owner: 'Jo of the security team' }] },
      })
    }))

  it.each(['attest', 'publish'] as const)('moves no tag when it is taken back before step %s', (moment) =>
    withImage(async (gate, from, to) => {
      const id = await approve(gate, from, to)
      const takeBack = () => gate.quarantine.reject(id, { by: 'Ada', reason: 'it is reachable after all' })
      const taken: Promise<unknown>[] = []
      const outcome = await gate.promote({
        from,
        to,
        ...again,
        harden: false,
        onProgress({ type, step }) {
          if (type === 'step-started' && step === moment) taken.push(takeBack())
        },
      })
      await Promise.all(taken)
      expect(outcome).toMatchObject({ verdict: 'error', error: { code: 'DECISION_EXPIRED' } })
      expect(await gate.repository(to).findManifest('1')).toBeUndefined()
      if (moment === 'attest') {
        const { digest } = (await gate.repository(from).getManifest('1')).descriptor
        const keys = [gate.keys.evidence, gate.keys.release]
        expect(await readEvidence(gate.repository(to), digest, { keys })).toMatchObject({ verified: [] })
      }
      expect(await gate.promote({ from, to, ...again })).toMatchObject({ verdict: 'fail' })
    }),
  )

  it.each([
    ['was interrupted', 'attest'],
    ['has passed', undefined],
  ] as const)('that came after the key of what %s counts no more when it is taken back', (_title, moment) =>
    withImage(async (gate, from, to) => {
      const id = await approve(gate, from, to)
      let asked = 0
      const quarantine: TestGate['quarantine'] = {
        ...gate.quarantine,
        approvedWaivers: async (options) =>
          asked++ === 0 ? { files: [], refused: [] } : gate.quarantine.approvedWaivers(options),
      }
      const cut = new AbortController()
      const first = gate.promote({
        from,
        to,
        ...again,
        quarantine,
        signal: cut.signal,
        onProgress({ type, step }) {
          if (type === 'step-started' && step === moment) cut.abort(new Error('power cut'))
        },
      })
      if (moment) await expect(first).rejects.toThrow('power cut')
      else expect(await first).toMatchObject({ verdict: 'pass' })
      await gate.quarantine.reject(id, { by: 'Ada', reason: 'it is reachable after all' })
      const before = (await gate.repository(to).findManifest('1'))?.descriptor.digest
      expect(await gate.promote({ from, to, ...again })).toMatchObject({ verdict: 'fail' })
      expect((await gate.repository(to).findManifest('1'))?.descriptor.digest).toBe(before)
    }),
  )

  it('fails again once the approval has expired', () =>
    withImage(async (gate, from, to) => {
      await approve(gate, from, to)
      gate.advance(hour)
      expect(await gate.promote({ from, to, ...again })).toMatchObject({ verdict: 'fail' })
    }))

  it('fails for another image', () =>
    withImage(async (gate, from, to) => {
      await approve(gate, from, to)
      await pushImage(gate.repository(from), createImage(debianImage({ data: 'another' })), '1')
      expect(await gate.promote({ from, to, ...again })).toMatchObject({ verdict: 'fail' })
    }))

  it('fails when nobody may approve, and when a stranger signed; that is told', () =>
    withImage(async (gate, from, to) => {
      await approve(gate, from, to, stranger)
      expect(await gate.promote({ from, to, scanners })).toMatchObject({ verdict: 'fail' })
      const outcome = await gate.promote({ from, to, ...again })
      expect(outcome).toMatchObject({ verdict: 'fail' })
      expect(outcome.verdict === 'fail' && outcome.decision.reasons).toContainEqual(
        expect.objectContaining({ effect: 'note', code: 'approval-refused' }),
      )
    }))

  it('is refused as an option when the gate could approve itself', () =>
    withImage(async (gate, from, to) => {
      const outcome = await gate.promote({ from, to, approvalKeys: [gate.keys.release] })
      expect(outcome).toMatchObject({ verdict: 'error', error: { code: 'OPTIONS_INVALID' } })
    }))
})

it('a copy of what was stopped is kept, by digest and under the name of its record, without evidence', async () => {
  await using registry = await startRegistry()
  await using gate = await openTestGate()
  const from = `${registry.host}/build/app:1`
  const images = { 'linux/amd64': createImage(debianImage()) }
  await pushImage(gate.repository(from), createImageIndex(images), '1')
  const stopped = await gate.promote({
    from,
    to: `${registry.host}/prod/app:1`,
    scanners,
    quarantineRepository: `${registry.host}/quarantine/app`,
  })
  if (stopped.verdict !== 'fail') throw new Error(`it should have been stopped: ${stopped.verdict}`)
  const { id, copy } = stopped.quarantine
  expect(copy).toBe(`${registry.host}/quarantine/app@${stopped.sourceDigest}`)
  expect(registry.resolve('quarantine/app', `quarantine-${id}`)).toBe(stopped.sourceDigest)
  expect(Object.keys(registry.snapshot()['quarantine/app']!.tags)).toEqual([`quarantine-${id}`])
  expect(registry.snapshot()).not.toHaveProperty('prod/app')
})

describe('whoever breaks the glass', () => {
  const policy = noCritical('    breakGlass: { allowed: true, maxLifetime: 4h, actors: [oncall] }\n')
  const glass = {
    justification: 'production is down, and this repairs it',
    actor: 'oncall',
    expires: new Date(Date.parse(startTime) + hour).toISOString(),
  }

  it('lets the image through, and its evidence says so to everybody', () =>
    withImage(async (gate, from, to) => {
      const alerts: GateAlert[] = []
      const onAlert = (alert: GateAlert) => void alerts.push(alert)
      const outcome = await gate.promote({ from, to, scanners, policy, breakGlass: glass, onAlert })
      if (outcome.verdict !== 'pass') throw new Error(`not let through: ${outcome.verdict}`)
      expect(outcome.decision.breakGlass).toMatchObject({ actor: 'oncall', needed: true })
      expect(alerts).toMatchObject([
        { type: 'break-glass', target: to, digest: outcome.digest, actor: 'oncall', needed: true },
      ])

      const { verified } = await readEvidence(gate.repository(to), outcome.digest, {
        keys: [gate.keys.evidence, gate.keys.release],
      })
      const statementOf = (type: string) =>
        verified.find(({ statement }) => statement.predicateType === type)?.statement.predicate
      expect(statementOf(breakGlassType)).toMatchObject({
        ...glass,
        needed: true,
        overridden: [{ code: 'threshold-exceeded', rule: 'nothing critical' }],
      })
      expect(statementOf('https://slsa.dev/verification_summary/v1')).toMatchObject({
        verifiedLevels: ['SALLYPORT_BREAK_GLASS_PROD'],
      })
    }))

  it('is recorded too when nobody needed it, and the level is that of the gate', () =>
    withImage(async (gate, from, to) => {
      const outcome = await gate.promote({ from, to, policy, breakGlass: glass })
      if (outcome.verdict !== 'pass') throw new Error(`not let through: ${outcome.verdict}`)
      expect(outcome.decision.breakGlass).toMatchObject({ needed: false })
      const { verified } = await readEvidence(gate.repository(to), outcome.digest, {
        keys: [gate.keys.release],
      })
      const types = verified.map(({ statement }) => statement.predicateType)
      expect(types).toContain(breakGlassType)
      expect(JSON.stringify(verified.map(({ statement }) => statement.predicate))).toContain(
        'SALLYPORT_GATE_PROD',
      )
    }))

  it.each([
    ['where the tier does not allow it', { policy: noCritical() }],
    ['who may not', { breakGlass: { ...glass, actor: 'somebody' } }],
    ['too late', { breakGlass: { ...glass, expires: startTime } }],
  ])('does not get it through %s', (_title, given) =>
    withImage(async (gate, from, to) => {
      const outcome = await gate.promote({ from, to, scanners, policy, breakGlass: glass, ...given })
      expect(outcome).toMatchObject({ verdict: 'fail' })
    }),
  )

  it('does not get through what could not be judged', () =>
    withImage(async (gate, from, to) => {
      const broken = { name: 'broken', scan: () => Promise.reject(new Error('exit status 137')) }
      const outcome = await gate.promote({ from, to, scanners: [broken], policy, breakGlass: glass })
      expect(outcome).toMatchObject({ verdict: 'error', error: { code: 'UNJUDGED' } })
    }))
})
