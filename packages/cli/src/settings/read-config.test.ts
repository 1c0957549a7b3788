import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readConfig } from './read-config.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-config-'))
})
afterEach(() => rm(folder, { recursive: true }))

const read = async (text: string, name = 'c.yaml') => {
  await writeFile(join(folder, name), text)
  return (await readConfig(join(folder, name)))?.values
}

describe('readConfig', () => {
  it.each([
    [
      'YAML',
      'policy: gate.yaml\nwaivers: [a.yaml]\nmaxAge: 2d\n',
      { policy: 'gate.yaml', waivers: ['a.yaml'], maxAge: '2d' },
    ],
    ['JSON', '{ "harden": true, "maxRemoval": 0.5 }', { harden: true, maxRemoval: 0.5 }],
    ['an empty file', '', {}],
  ])('reads %s', async (_, text, values) => {
    expect(await read(text)).toEqual(values)
  })

  it.each([
    ['an unknown key, and names the nearest', 'polcy: gate.yaml', /no key "polcy"/, /"policy"/],
    ['a flag of one run', 'json: true', /no key "json"/, /./],
    ['a key twice', 'tier: a\ntier: b', /unique/i, /./],
    ['a list', '- policy', /keys and values/, /./],
    ['what is no YAML', 'a: [', /c\.yaml: /, /./],
    ['a key that is no text', '? [a]\n: b', /c\.yaml: /, /./],
    ['an alias', 'policy: &a x\ntier: *a', /aliases/, /./],
  ])('refuses %s', async (_, text, message, advice) => {
    await expect(read(text)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(message),
      advice: expect.stringMatching(advice),
    })
  })

  it('refuses a value of the wrong form, of options that the command does not have, too', async () => {
    await expect(read('maxAge: soon')).rejects.toMatchObject({ code: 'OPTION_INVALID' })
  })

  it('never prints what stands where the place of a secret should', async () => {
    await expect(read('password: [hunter2]')).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      message: expect.not.stringContaining('hunter2'),
    })
  })

  it('tells a named file that is not there', async () => {
    await expect(readConfig(join(folder, 'none.yaml'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })
})
