import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import { createImage, type FileDescription } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildElf } from '../elf/elf.fixture.ts'
import { analyzeUsage } from './analyze-usage.ts'

const stanza = (name: string) =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\nDescription: x\n`
const run = (content: string | Uint8Array) => ({ content, mode: 0o755 })
const interpreters = ['/usr/bin/sh', '/usr/bin/perl', '/usr/bin/execlineb', '/usr/bin/php']

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'find-edges-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** How the package with `/usr/bin/tool` is used by an image that runs `app` and has these files as well. */
async function usageOfTool(files: Readonly<Record<string, FileDescription>>) {
  const lists = {
    app: ['/usr/bin/app', ...interpreters, ...Object.keys(files)],
    tool: ['/usr/bin/tool', '/usr/bin/kill', '/usr/bin/x86_64'],
  }
  const source = createImage({
    layers: [
      {
        files: {
          '/etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
          ...Object.fromEntries(interpreters.map((path) => [path, run(buildElf({}))])),
          '/usr/bin/tool': run(buildElf({})),
          '/usr/bin/kill': { symlink: 'tool' },
          '/usr/bin/x86_64': { symlink: 'tool' },
          '/usr/bin/app': run('#!/usr/bin/sh\n'),
          '/var/lib/dpkg/status': Object.keys(lists).map(stanza).join('\n'),
          ...Object.fromEntries(
            Object.entries(lists).map(([name, list]) => [
              `/var/lib/dpkg/info/${name}.list`,
              `/.\n${list.join('\n')}\n`,
            ]),
          ),
          ...files,
        },
      },
    ],
    config: { Entrypoint: ['app'] },
  })
  await using image = await openImage(source, source.raw, { directory })
  const inventory = await createInventory(image)
  const { packages } = await analyzeUsage(image, inventory)
  return packages.find(({ purl }) => purl.includes('/tool@'))!.usage
}

const shell = (text: string) => ({ '/usr/bin/app': run(`#!/usr/bin/sh\n${text}\n`) })
const reads = (path: string, content: FileDescription) => ({ ...shell(`other -f ${path}`), [path]: content })
const loads = (data: string, parts: Parameters<typeof buildElf>[0] = {}) => ({
  '/usr/bin/app': run(buildElf({ needed: ['libone.so'], ...parts, data })),
  '/usr/lib/libone.so': buildElf({}),
})
const perl = (text: string, more = {}) => ({ '/usr/bin/app': run(`#!/usr/bin/perl\n${text}`), ...more })
const base = '/usr/share/perl5'
const names = '# \nsystem("/usr/bin/tool");\n'
const php = (path: string, content: FileDescription) => ({
  ...shell('php'),
  [path]: content,
})

const pairs: readonly (readonly [
  without: string,
  files: Readonly<Record<string, FileDescription>>,
  withIt: string,
  others: Readonly<Record<string, FileDescription>>,
])[] = [
  [
    'a comment of a configuration',
    reads('/etc/app.conf', '# see /usr/bin/tool\n  ; or /usr/bin/tool\n'),
    'its value',
    reads('/etc/app.conf', '# see\nhook=/usr/bin/tool # really\n'),
  ],
  [
    'a comment',
    reads('/etc/app.conf', '#/usr/bin/tool\n'),
    'an include that looks like one',
    reads('/etc/app.conf', '#include /usr/bin/tool\n'),
  ],
  [
    'a word of a message',
    shell('if x; then echo you may tool this >&2; fi'),
    'a word that another command reads',
    shell('echo tool | sh'),
  ],
  [
    'a message in quotes',
    shell('echo "You can run tool -x"'),
    'a script that is written to a file',
    shell('echo "tool -x" > /run.sh'),
  ],
  [
    'a message of a function',
    shell('f() { echo "Now tool it"; }\nf'),
    'what a function gives back',
    shell('f() { echo tool; }\n$(f)'),
  ],
  [
    'the argument of a command that runs none',
    shell('x=$(getent tool 1)\ncase "$1" in a) chown tool /x;; esac'),
    'the argument of one that may',
    shell('x=$(other tool 1)'),
  ],
  ['a name of a file', shell('rm tool'), 'the same in full', shell('cat /usr/bin/tool')],
  ['a command that the shell has itself', shell('kill 1'), 'the same behind exec', shell('exec kill 1')],
  [
    'a command that the shell has itself, in a branch',
    shell('case "$1" in a) kill 1;; esac'),
    'the same where there is no shell',
    { '/usr/bin/app': run('#!/usr/bin/execlineb\nkill 1\n') },
  ],
  [
    'the first line of scripts in a library that starts nothing',
    loads('\0#! /usr/bin/tool\0eval "exec /usr/bin/tool\0'),
    'the same in a program that starts some',
    loads('\0#! /usr/bin/tool\0', { imports: ['execve'] }),
  ],
  [
    'an option that it was configured with',
    loads("\0 '--prefix=/usr' 'TAR=/usr/bin/tool' 'CFLAGS=-g'\0"),
    'a path by itself',
    loads("\0 '--prefix=/usr' 'TAR=/usr/bin/tool'\0/usr/bin/tool\0"),
  ],
  [
    'the name of a machine',
    loads('\0x86_64\0', { imports: ['execvp'], interpreter: '/lib/ld.so' }),
    'the name of a command',
    loads('\0tool\0', { imports: ['execvp'], interpreter: '/lib/ld.so' }),
  ],
  [
    'documentation of Perl',
    perl('print 1;\n=head1 X\n\n/usr/bin/tool\n\n=cut\nprint 2;\n'),
    'code behind it',
    perl('=head1 X\n\n=cut\nsystem("/usr/bin/tool");\n'),
  ],
  [
    'a module of the same last name in a folder of modules',
    perl('use Base;\n', { [`${base}/Debconf/Base.pm`]: names }),
    'a module of that name',
    perl('use Base;\n', { [`${base}/Base.pm`]: names }),
  ],
  [
    'a module of Perl that only its second folder name leads to',
    perl('print 1;\n', {
      '/usr/share/perl/5.36': { symlink: '5.36.0' },
      '/usr/share/perl/5.36.0/Config.pm': '"/usr/share/perl/5.36"\n',
      '/usr/share/perl/5.36.0/CPAN.pm': names,
    }),
    'one that code uses',
    perl('use CPAN;\n', {
      '/usr/share/perl/5.36': { symlink: '5.36.0' },
      '/usr/share/perl/5.36.0/CPAN.pm': names,
    }),
  ],
  [
    'what Perl was built with',
    perl('use Config;\n', {
      [`${base}/Config.pm`]: 'require "/usr/share/perl5/Config_heavy.pl";',
      [`${base}/Config_heavy.pl`]: names,
    }),
    'other code that it reads',
    perl('use Config;\n', {
      [`${base}/Config.pm`]: 'require "/usr/share/perl5/other.pl";',
      [`${base}/other.pl`]: names,
    }),
  ],
  [
    "a maintainer's script beside PHP's extensions",
    php('/usr/lib/php/php-helper', run('#!/usr/bin/sh\ntool\n')),
    'its configuration',
    php('/etc/php/8.2/cli/php.ini', 'sendmail_path = /usr/bin/tool\n'),
  ],
]

describe('the edges of a file', () => {
  it.each(pairs.map(([one, without, other, withTool]) => [one, other, without, withTool] as const))(
    'do not come from %s, but from %s',
    async (_one, _other, without, withTool) => {
      expect(await usageOfTool(without)).toBe('present')
      expect(await usageOfTool(withTool)).not.toBe('present')
    },
  )
})
