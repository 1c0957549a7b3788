import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import { createImage, type FileDescription } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildElf } from '../elf/elf.fixture.ts'
import { analyzeUsage } from './analyze-usage.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sharpened-edges-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const run = (content: string | Uint8Array): FileDescription => ({ content, mode: 0o755 })
const program = (data: string) =>
  run(buildElf({ interpreter: '/usr/bin/dash', imports: ['execvp'], data: `\0${data}\0` }))
const sources = '/usr/lib/python3/dist-packages'

/** Whether `/usr/bin/echo`, `/usr/bin/printf` … are reached in an image with these files. */
async function reached(
  command: string,
  files: Readonly<Record<string, FileDescription>>,
  Entrypoint: readonly string[],
) {
  const source = createImage({
    layers: [
      {
        files: {
          '/bin': { symlink: 'usr/bin' },
          '/usr/bin/sh': { symlink: 'dash' },
          '/usr/bin/dash': run(buildElf({})),
          '/usr/bin/env': run(buildElf({})),
          '/usr/bin/mksh': run(buildElf({})),
          '/usr/bin/execlineb': run(buildElf({})),
          '/usr/bin/python3': run(buildElf({})),
          [`/usr/bin/${command}`]: run(buildElf({})),
          ...files,
          '/var/lib/dpkg/status':
            'Package: all\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n',
          '/var/lib/dpkg/info/all.list': [
            '/.',
            `/usr/bin/${command}`,
            '/usr/bin/env',
            ...Object.keys(files),
            '',
          ].join('\n'),
        },
      },
    ],
    config: { Entrypoint },
  })
  await using image = await openImage(source, source.raw, { directory })
  const { graph } = await analyzeUsage(image, await createInventory(image))
  return graph.usageOf(`/usr/bin/${command}`) !== 'present'
}

describe('commands that a shell does itself', () => {
  it.each([
    ['keep nothing', '#!/bin/sh\necho a\nprintf x\n[ -e / ] && pwd\n', false],
    ['keep nothing in quoted scripts', "#!/bin/sh\nsh -c 'echo $X'\n", false],
    ['keep their program behind a prefix', '#!/bin/sh\nexec echo a\n', true],
    ['keep it where another program runs them', '#!/bin/sh\nfind / -exec echo {} +\n', true],
    ['keep it when it is named by its path', '#!/bin/sh\n/bin/echo a\n', true],
    ['keep it where no shell reads the script', '#!/usr/bin/execlineb -P\necho a\n', true],
    ['keep it for a shell that does less', '#!/bin/mksh\necho a\n', true],
  ])('%s', async (_title, script, expected) => {
    expect(await reached('echo', { '/entry': run(script) }, ['/entry'])).toBe(expected)
  })

  it('keep their program where /bin/sh does less', async () => {
    const files = { '/usr/bin/sh': { symlink: 'mksh' }, '/entry': run('#!/bin/sh\necho a\n') }
    expect(await reached('echo', files, ['/entry'])).toBe(true)
  })
})

describe('modules of Python', () => {
  const entry = { '/app.py': 'import module\n' }

  it.each([
    ['a remark keeps nothing', 'def f():\n  """Like /usr/bin/tool."""\n  # /usr/bin/tool\n', false],
    ['a path in a text keeps its program', 'P = "/usr/bin/tool"\n', true],
    ['a script in a text keeps its programs', 'P = """\n/usr/bin/tool -x\n"""\n', true],
    ['a key keeps nothing', 'import subprocess\nloops["tool"]()\nget(a)["tool"]\n', false],
    ['the first word of a list keeps its program', 'import subprocess\nx = ["tool", "-x"]\n', true],
    ['a list that is returned does', 'import subprocess\ndef f():\n  return["tool", "-x"]\n', true],
    ['a list that is given to a call does', 'import subprocess\nf(["tool"], 1)\n', true],
  ])('%s', async (_title, text, expected) => {
    const files = { ...entry, [`${sources}/module.py`]: text }
    expect(await reached('tool', files, ['python3', '/app.py'])).toBe(expected)
  })

  it.each([
    ['read', 0o644, false],
    ['run', 0o755, true],
  ])('that may only be %s keep what their first line names accordingly', async (_title, mode, expected) => {
    const files = { ...entry, [`${sources}/module.py`]: { content: '#!/usr/bin/env python3\n', mode } }
    expect(await reached('env', files, ['python3', '/app.py'])).toBe(expected)
  })

  it.each([
    ['_sysconfigdata__x86_64-linux-gnu.py', false],
    ['sysconfig.py', true],
  ])('in %s keep what they name: %s', async (name, expected) => {
    const files = {
      '/app.py': 'import subprocess\n',
      [`/usr/lib/python3.11/${name}`]: 'A = "/usr/bin/tool -c"\n',
    }
    const imported = { '/app.py': `import ${name.slice(0, -3)}\n` }
    expect(await reached('tool', { ...files, ...imported }, ['python3', '/app.py'])).toBe(expected)
  })
})

describe('words of programs that look commands up', () => {
  it.each([
    ['haproxy starts no keyword of its own', '/usr/sbin/haproxy', '', false],
    ['another program may start what it names', '/usr/sbin/other', '', true],
    [
      'haproxy starts the commands of its configuration',
      '/usr/sbin/haproxy',
      'program a\n  command stat -x\n',
      true,
    ],
    ['haproxy starts its checks', '/usr/sbin/haproxy', '  external-check command stat\n', true],
    ['a text about commands names none', '/usr/sbin/haproxy', '# the command: stat\ncommands stat\n', false],
  ])('%s', async (_title, path, configuration, expected) => {
    const files = { [path]: program('stat'), '/etc/haproxy/haproxy.cfg': configuration }
    expect(await reached('stat', files, [path, '-f', '/etc/haproxy/haproxy.cfg'])).toBe(expected)
  })
})
