import { createImage, pushImage, registryFaults, startRegistry } from '@sallyport/testkit'
import { expect, it } from 'vitest'
import { debianImage } from './debian-image.fixture.ts'
import { openTestGate, scannerFor } from './test-gate.fixture.ts'

it('pitfall 12: what can not be done fails as often as it is tried, and passes only once it can', async () => {
  await using registry = await startRegistry()
  await using gate = await openTestGate()
  const [from, to] = [`${registry.host}/build/app:1`, `${registry.host}/prod/app:1`]
  await pushImage(gate.repository(from), createImage(debianImage()), '1')
  registry.setRequestHook(({ method, repository }) =>
    method !== 'GET' && method !== 'HEAD' && repository === 'prod/app'
      ? registryFaults.serverError()
      : undefined,
  )
  for (let attempt = 1; attempt <= 3; attempt++) {
    expect(await gate.promote({ from, to })).toMatchObject({
      verdict: 'error',
      error: { code: 'STEP_FAILED' },
    })
    expect((await gate.journal.list()).items).toMatchObject([{ verdict: 'error', attempt }])
    expect(registry.resolve('prod/app', '1')).toBeUndefined()
  }
  registry.setRequestHook(undefined)
  expect(await gate.promote({ from, to })).toMatchObject({ verdict: 'pass' })
})

it('pitfall 12: what is refused is refused again, however often it is tried', async () => {
  await using registry = await startRegistry()
  await using gate = await openTestGate()
  const [from, to] = [`${registry.host}/build/app:1`, `${registry.host}/prod/app:1`]
  await pushImage(gate.repository(from), createImage(debianImage()), '1')
  for (let attempt = 1; attempt <= 3; attempt++) {
    expect(await gate.promote({ from, to, scanners: [scannerFor('hello')] })).toMatchObject({
      verdict: 'fail',
    })
  }
  expect((await gate.quarantine.list()).items).toHaveLength(1)
})
