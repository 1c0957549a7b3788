import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openImage } from '@sallyport/image'
import { createImage, type FileDescription } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createFileContents } from '../file-contents.ts'
import { expandSupervisor } from './expand-supervisor.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'supervisor-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

async function expand(files: Record<string, FileDescription>, words: readonly string[]) {
  const source = createImage({ layers: [{ files }], config: { Env: ['APP=/srv/app'] } })
  const image = await openImage(source, source.raw, { directory })
  return expandSupervisor(image, createFileContents(image, new Set(), undefined), words)
}

const system = '/usr/lib/systemd/system'
const unit = (command: string) => `[Service]\nExecStart=${command}\n`

describe('expandSupervisor', () => {
  it.each<[string, Record<string, FileDescription>, readonly string[], readonly string[]]>([
    [
      'supervisord with included files and variables',
      {
        '/etc/s.conf': '[include]\nfiles = conf.d/*.conf\n',
        '/etc/conf.d/a.conf': '[program:a]\ncommand = %(ENV_APP)s\n  --port 1 ; why\n',
      },
      ['/usr/bin/supervisord', '-c', '/etc/s.conf'],
      ['/srv/app --port 1'],
    ],
    [
      'systemd from its default target, with an instance, and not what nothing wants',
      {
        [`${system}/default.target`]: '[Unit]\nWants=a.service\n',
        [`${system}/a.service`]: unit('-/usr/bin/a'),
        [`${system}/multi@.service`]: unit('/usr/bin/m %i'),
        [`${system}/default.target.wants/multi@x.service`]: unit('/usr/bin/m x'),
        [`${system}/b.service`]: unit('/usr/bin/b'),
      },
      ['/usr/lib/systemd/systemd'],
      ['/usr/bin/a', '/usr/bin/m x'],
    ],
  ])('reads %s', async (_title, files, words, commands) => {
    expect([...new Set((await expand(files, words)).commands)].sort()).toEqual(commands)
  })

  it('takes all files of service folders', async () => {
    const files = { '/srv/sv/a/run': '#!/bin/sh\n', '/srv/sv/a/log/run': '#!/bin/sh\n' }
    const found = await expand(files, ['runsvdir', '-P', '/srv/sv'])
    expect(found.files).toEqual(expect.arrayContaining(['/srv/sv/a/run', '/srv/sv/a/log/run']))
  })

  it.each<[string, Record<string, FileDescription>, readonly string[]]>([
    ['a configuration that is not there', {}, ['supervisord']],
    ['no default target', { '/etc/x': '' }, ['systemd']],
    ['no folder of services', { '/etc/x': '' }, ['s6-svscan']],
    [
      'a program that a variable names',
      { '/etc/supervisord.conf': '[program:a]\ncommand=%(ENV_X)s\n' },
      ['supervisord'],
    ],
  ])('refuses %s', async (_title, files, words) => {
    await expect(expand(files, words)).rejects.toMatchObject({ code: 'ENTRYPOINT_UNRESOLVED' })
  })
})
