import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { generateSigningKey, readEvidence, type VerifiedEvidence } from '@sallyport/attest'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import { startDockerRegistry, startOlareg } from '@sallyport/test-tools'
import { createImage, pushImage, startRegistry } from '@sallyport/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { AttachEvidenceTask } from './attach-evidence-child.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-attach-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const newFolder = (): Promise<string> => mkdtemp(join(directory, 'registry-'))
const image = createImage({ layers: [{ files: { '/hello': 'world' } }] })
const subject = image.raw.descriptor
const { privateKey, publicKey } = generateSigningKey()

const registries = [
  ['the embedded registry', () => startRegistry({ quirks: {} })],
  [
    'the embedded registry without the referrers API and conditional writes',
    () => startRegistry({ quirks: { referrersApi: false, conditionalRequests: false } }),
  ],
  ['olareg', async () => startOlareg({ directory: await newFolder() })],
  ['docker-registry', async () => startDockerRegistry({ directory: await newFolder() })],
] as const

const processes = ['one', 'two', 'three', 'four']
const count = 25
const stores = {
  bundle: { attestation: ['bundle'], signature: ['bundle'] },
  legacy: { attestation: ['legacy-attestation'], signature: ['legacy-signature'] },
  both: { attestation: ['bundle', 'legacy-attestation'], signature: ['bundle', 'legacy-signature'] },
} as const

describe.each(registries)('four processes that attach 100 pieces to one image on %s', (_name, start) => {
  it.each(['bundle', 'legacy', 'both'] as const)('lose none in mode %s', async (mode) => {
    await using registry = await start()
    await using client = createRegistryClient()
    const repository = `${registry.host}/team/app`
    const target = client.repository(parseReference(repository))
    await pushImage(target, image, '1')

    const tasks = processes.map((label) => ({ repository, subject, label, count, mode, key: privateKey }))
    const children = await Promise.all(tasks.map(startChild))
    for (const { begin } of children) begin()
    expect(await Promise.all(children.map(({ ended }) => ended))).toEqual(['', '', '', ''])

    const { verified, rejected } = await readEvidence(target, subject.digest, { keys: [publicKey] })
    expect(rejected).toEqual([])
    const expected = processes.flatMap((label) =>
      Array.from({ length: count }, (_, at) => {
        const kind = at % 5 === 0 ? 'signature' : 'attestation'
        return stores[mode][kind].map((store) => `${store} ${label}-${at}`)
      }),
    )
    expect(verified.map(nameOf).toSorted()).toEqual(expected.flat().toSorted())
  })
})

function nameOf({ store, statement }: VerifiedEvidence): string {
  const { writer } = statement.predicate as { writer?: string }
  return `${store} ${writer ?? statement.subject[0]?.annotations?.['writer']}`
}

/** Starts a process that waits for `begin`; `ended` is what it complains of. */
async function startChild(
  task: AttachEvidenceTask,
): Promise<{ readonly begin: () => void; readonly ended: Promise<string> }> {
  const script = new URL('attach-evidence-child.ts', import.meta.url).pathname
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
