import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { createRegistryClient, fallbackTag, parseIndex, parseReference } from '@sallyport/oci'
import { startDistribution, startDockerRegistry } from '@sallyport/test-tools'
import { createImage, pushImage, startRegistry } from '@sallyport/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AttachTask } from './attach-child.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-concurrent-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const image = createImage({ layers: [{ files: { '/hello': 'world' } }] })
const subject = image.raw.descriptor

const registries = [
  [
    'the embedded registry with conditional writes',
    () => startRegistry({ quirks: { referrersApi: false, conditionalRequests: true } }),
  ],
  [
    'the embedded registry without conditional writes',
    () => startRegistry({ quirks: { referrersApi: false, conditionalRequests: false } }),
  ],
  [
    'docker-registry',
    async () => startDockerRegistry({ directory: await mkdtemp(join(directory, 'docker-')) }),
  ],
  [
    'distribution 3',
    async () => startDistribution({ directory: await mkdtemp(join(directory, 'distribution-')) }),
  ],
] as const

describe.each(registries)('two processes that attach to one image on %s', (_name, start) => {
  it.each([
    { order: 'together', count: 50 },
    { order: 'in-turn', count: 5 },
  ] as const)('lose none of $count referrers each, attached $order', async ({ order, count }) => {
    await using registry = await start()
    await using client = createRegistryClient()
    const repository = `${registry.host}/team/app`
    const target = client.repository(parseReference(repository))
    await pushImage(target, image, '1')

    const children = await Promise.all(
      ['one', 'two'].map((label) => startChild({ repository, subject, label, count, order })),
    )
    for (const { begin } of children) begin()
    expect(await Promise.all(children.map(({ ended }) => ended))).toEqual(['', ''])

    const expected = ['one', 'two'].flatMap((label) =>
      Array.from({ length: count }, (_, at) => `${label}-${at}`),
    )
    const index = parseIndex(await target.getManifest(fallbackTag(subject.digest)))
    expect(writers(index.manifests)).toEqual(expected.toSorted())
    const listed = await target.listReferrers(subject.digest)
    expect(writers(listed)).toEqual(expected.toSorted())
  })
})

function writers(
  descriptors: readonly { readonly annotations?: Readonly<Record<string, string>> | undefined }[],
): (string | undefined)[] {
  return descriptors.map(({ annotations }) => annotations?.['org.example.writer']).toSorted()
}

/** Starts a process that waits for `begin`; `ended` is what it complains of. */
async function startChild(
  task: AttachTask,
): Promise<{ readonly begin: () => void; readonly ended: Promise<string> }> {
  const script = new URL('attach-child.ts', import.meta.url).pathname
  const child = spawn(
    process.execPath,
    ['--conditions=@sallyport/source', '--disable-warning=ExperimentalWarning', script, JSON.stringify(task)],
    { stdio: ['pipe', 'pipe', 'pipe'] },
  )
  const complaint = text(child.stderr)
  const exit = once(child, 'exit')
  const ended = exit.then(async ([code]) =>
    code === 0 ? await complaint : `${await complaint} exit ${code}`,
  )
  await Promise.race([once(child.stdout, 'data'), exit])
  return { begin: () => child.stdin.write('go\n'), ended }
}
