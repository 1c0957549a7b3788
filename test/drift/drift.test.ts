import { readlink } from 'node:fs/promises'
import {
  checkDrift,
  explainDrift,
  type DriftReport,
  overlayCollector,
  tarCollector,
} from '@sallyport/runtime'
import { spawn } from 'node:child_process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Attack, attacks } from './attacks.ts'
import { type PromotedImage, promoteRealImage } from './promoted-image.ts'
import { type Container, startContainer } from './start-container.ts'

let image: PromotedImage
beforeAll(async () => {
  image = await promoteRealImage('web')
})
afterAll(() => image?.[Symbol.asyncDispose]())

const writable = ['/data']
const check = (container: Container, more: object = {}) =>
  checkDrift({ baseline: image.baseline, pid: container.pid, writable, image: image.image, ...more })

const classesOf = ({ files }: DriftReport) =>
  Object.fromEntries(
    files
      .filter(({ severity, mount }) => severity !== 'info' && mount === undefined)
      .map((file) => [file.path, [file.class, file.severity]]),
  )

function expectFound(report: DriftReport, { files, processes = [], expected = [] }: Attack) {
  expect(classesOf(report), explainDrift(report)).toEqual(files)
  expect([...new Set(report.processes.map(({ problem }) => problem))], explainDrift(report)).toEqual(
    processes,
  )
  expect(report.expected.map(({ reason }) => reason)).toEqual(expect.arrayContaining([...expected]))
  expect(report.unknown).toEqual([])
  const drifted = Object.keys(files).length > 0 || processes.length > 0
  expect(report.verdict).toBe(drifted ? 'drifted' : 'clean')
}

describe('a container that', () => {
  it.each(attacks.map((attack) => [attack.name, attack] as const))('%s', async (_name, attack) => {
    await using container = await startContainer(image.rootfs, image.directory)
    if (typeof attack.act === 'string') await container.sh(attack.act)
    else await attack.act(container)

    const upper = await check(container, { collector: overlayCollector(container.upper) })
    expectFound(upper, attack)
    const touched = upper.files.filter(({ class: kind }) => kind === 'metadata-only').map(({ path }) => path)
    expect(touched).toEqual(attack.touched ?? [])

    const root = await check(container)
    // A link into another file system is not what its upper directory tells.
    expectFound(root, attack)
  })
})
