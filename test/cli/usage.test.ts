import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Prepared, prepare } from './prepare.ts'
import { runCommand } from './run-command.ts'

let folder: string
let at: Prepared

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-usage-'))
  at = await prepare(folder)
  await at.push('team/app:1')
  await writeFile(join(folder, 'requirements.yaml'), 'version: 1\n')
})

afterAll(async () => {
  await at[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

describe('help', () => {
  it.each([
    ['help', /^Usage: sallyport \[options\]/],
    ['help promote', /^Usage: sallyport promote /],
    ['help policy', /^Usage: sallyport policy /],
    ['help policy check', /^Usage: sallyport policy check /],
    ['policy --help', /^Usage: sallyport policy /],
  ])('sallyport %s', async (line, expected) => {
    const { code, stdout, stderr } = await runCommand(folder, line.split(' '))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(expected)
  })

  it.each(['help promot', 'promot --help'])('of no command is an error: sallyport %s', async (line) => {
    const { code, stdout, stderr } = await runCommand(folder, line.split(' '))
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/unknown command 'promot'.*promote/)
  })
})

describe('a message says what to do', () => {
  const app = () => `${at.build.host}/team/app:1`

  it.each([
    [
      'a platform that is not there',
      () => ['sbom', app(), '--platform', 'linux/arm64'],
      /team\/app:1: no image for linux\/arm64; there are: linux\/amd64\. .*--platform/,
    ],
    [
      'a destination without a tag',
      () => ['copy', app(), at.to('team/app')],
      /name its tag, as registry\/repository:tag/,
    ],
    [
      'a plan of hardening with a destination',
      () => ['harden', app(), at.to('x:1'), '--plan'],
      /Leave out the destination, or --plan\./,
    ],
    [
      'a field that is missing',
      () => ['verify', app(), '--requirements', 'requirements.yaml'],
      /requirements: missing; expected array\./,
    ],
    ['a layout that is not there', () => ['inspect', 'oci:nowhere:1'], /Check the name of the folder/],
    ['a password for nobody', () => ['inspect', app(), '--password', 'env://NONE'], /--password.*--login/],
    [
      'advisories that are not there',
      () => ['advisories', 'pull', `${at.build.host}/none:v1`, '--public-key', 'release.pub'],
      /none: there is no manifest v1\. Check /,
    ],
  ] as const)('%s', async (_, words, expected) => {
    const { code, stdout, stderr } = await runCommand(folder, words())
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(expected)
  })
})
