import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { commands } from '../../packages/cli/src/command-table.ts'
import { type Prepared, prepare } from './prepare.ts'
import { runCommand } from './run-command.ts'

let folder: string
let at: Prepared
const forms = 'registry/repository:tag, oci:folder:tag, oci-archive:file:tag or docker-archive:file'

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-places-'))
  at = await prepare(folder)
  await at.push('team/app:1')
})

afterAll(async () => {
  await at[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** What the help says that an argument may be. */
function formsOf(command: string, argument: string): readonly string[] {
  const { about = '' } = commands
    .find(({ name }) => name === command)!
    .arguments.find(({ name }) => name === argument)!
  return about
    .replace(/;.*$/, '')
    .split(/,? or |, /)
    .map((form) => form.trim())
}

/** A place of that form. */
const placeOf = (form: string, id: string): string =>
  form
    .replace('registry/repository', at.to(`places/${id}`))
    .replace('folder', `folder-${id}`)
    .replace('file', `${id}-${form.split(':')[0]}.tar`)
    .replace('name:tag', `app:1`)
    .replace(':tag', ':1')

const targets = (['copy', 'harden', 'promote'] as const).flatMap((command) =>
  formsOf(command, 'to').map((form) => [command, form] as const),
)

describe('a place to write to', () => {
  it.each(targets)('sallyport %s takes %s', async (command, form) => {
    const words = [command, `${at.build.host}/team/app:1`, placeOf(form, command)]
    expect(await runCommand(folder, words)).toMatchObject({ code: 0, stderr: '' })
  })

  it.each(['copy', 'harden'])('sallyport %s says how to name an archive for Docker', async (command) => {
    const words = [command, `${at.build.host}/team/app:1`, 'docker-archive:none.tar']
    const { code, stderr } = await runCommand(folder, words)
    expect(code).toBe(2)
    expect(stderr).toMatch(/as docker-archive:file:name:tag\. .*docker-archive:file:name:tag.*\n$/)
  })

  it('of a promotion is no archive, and nothing says that it were', async () => {
    const { stderr } = await runCommand(folder, [
      'promote',
      `${at.build.host}/team/app:1`,
      'oci-archive:a.tar:1',
    ])
    expect(stderr).toContain('the destination is registry/repository:tag or oci:folder:tag')
    expect(stderr).not.toContain('docker-archive')
  })
})

describe('a place to read from', () => {
  it.each(formsOf('copy', 'from'))('may be %s', async (form) => {
    const place = placeOf(form, 'read')
    const made = form === 'docker-archive:file' ? `${place}:app:1` : place
    expect(await runCommand(folder, ['copy', `${at.build.host}/team/app:1`, made])).toMatchObject({ code: 0 })
    expect(await runCommand(folder, ['inspect', place])).toMatchObject({ code: 0, stderr: '' })
  })

  it('is the same for every command that reads', () => {
    const about = commands.flatMap(({ arguments: all }) =>
      all.filter(({ name, about }) => name !== 'to' && about.includes('archive')).map((one) => one.about),
    )
    expect(new Set(about)).toEqual(new Set([forms]))
  })
})

describe('a place to attach evidence to', () => {
  it.each(formsOf('attest', 'image'))('may be %s', async (form) => {
    const place = placeOf(form, 'attest')
    expect(await runCommand(folder, ['copy', `${at.build.host}/team/app:1`, place])).toMatchObject({
      code: 0,
    })
    const signed = await runCommand(folder, ['attest', place, '--signing-key', 'release.key'])
    expect(signed).toMatchObject({ code: 0, stderr: '' })
  })

  it('is no archive; it says what to do instead', async () => {
    await runCommand(folder, ['copy', `${at.build.host}/team/app:1`, 'oci-archive:read.tar:1'])
    const words = ['attest', 'oci-archive:read.tar:1', '--signing-key', 'release.key']
    const { code, stderr } = await runCommand(folder, words)
    expect(code).toBe(2)
    expect(stderr).toMatch(/an archive is only read.*sallyport copy.*\(READ_ONLY\)\n$/)
  })
})
