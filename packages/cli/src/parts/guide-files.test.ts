import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { generateSigningKey } from '@sallyport/attest'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { RunContext } from '../command.ts'
import { optionNames } from '../settings/option-table.ts'
import { readConfig } from '../settings/read-config.ts'
import { resolveSettings } from '../settings/settings.ts'
import { readRequirements } from './requirements.ts'
import { readTerms } from './terms.ts'
import { readWatch } from './watch.ts'

const guide = new URL('../../../../docs/guides/cli.md', import.meta.url)
let folder: string
let blocks: readonly string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-guide-'))
  for (const name of ['release', 'evidence'])
    await writeFile(join(folder, `${name}.pub`), generateSigningKey().publicKey)
  const text = await readFile(guide, 'utf8')
  blocks = Array.from(text.matchAll(/^```yaml\n(.*?)^```$/gms), ([, code = '']) => code)
})
afterAll(() => rm(folder, { recursive: true }))

async function contextOf(option: 'requirements' | 'terms' | 'watch', block: string): Promise<RunContext> {
  const file = join(folder, `${option}.yaml`)
  await writeFile(file, block)
  const settings = resolveSettings(optionNames, { flags: { [option]: file }, environment: {} })
  return { settings, signal: new AbortController().signal } as RunContext
}

it('the files that the guide shows are read as they stand', async () => {
  const [config = '', keyless = '', requirements = '', terms = '', watch = '', ...others] = blocks
  expect(others).toEqual([])
  await writeFile(join(folder, 'sallyport.yaml'), config)
  expect((await readConfig(join(folder, 'sallyport.yaml')))?.values).toMatchObject({ tier: 'prod' })
  await writeFile(join(folder, 'keyless.yaml'), keyless)
  expect((await readConfig(join(folder, 'keyless.yaml')))?.values).toHaveProperty('signingConfig')
  const required = await readRequirements(await contextOf('requirements', requirements))
  expect(required.map(({ kind }) => kind)).toEqual(['signature', 'sbom', 'vsa'])
  const termsOf = await readTerms(await contextOf('terms', terms), { root: undefined, present: undefined })
  expect(termsOf('sandbox/app')).toBeUndefined()
  expect(termsOf('team/app')).toMatchObject({ tier: 'prod' })
  expect((await readWatch(await contextOf('watch', watch))).watch).toHaveLength(1)
})
