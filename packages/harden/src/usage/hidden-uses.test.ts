import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  debianImage,
  type DescribedDebian,
  executable,
  libraries,
  program,
} from '../breakages/debian-image.fixture.ts'
import { buildElf } from '../elf/elf.fixture.ts'
import { hardenImage } from '../harden-image.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hidden-uses-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

interface HiddenUse extends DescribedDebian {
  readonly stays: readonly string[]
}

/** A package of one program. */
const tool = (name: string) => ({ [name]: { files: { [`/usr/bin/${name}`]: program() } } })
const script = (text: string) => ({ '/start.sh': executable(`#!/bin/sh\n${text}\n`) })
const shell = (text: string, name = 'tool'): HiddenUse => ({
  packages: tool(name),
  unowned: script(text),
  config: { Entrypoint: ['/start.sh'] },
  stays: [`/usr/bin/${name}`],
})
const source = (interpreter: string, file: string, text: string, name = 'tool'): HiddenUse => ({
  packages: { ...tool(interpreter), ...tool(name) },
  unowned: { [file]: text },
  config: { Entrypoint: [interpreter, file] },
  stays: [`/usr/bin/${name}`, `/usr/bin/${interpreter}`],
})
const python = (text: string, name?: string) => source('python3', '/app/main.py', text, name)
const server = (texts: string) => ({
  server: { files: { '/usr/bin/server': program({ data: `\0${texts}\0` }) } },
})

const uses: readonly (readonly [title: string, image: HiddenUse])[] = [
  ['the default value of a variable that a script runs', shell('"${TOOL:-tool}" --version')],
  ['the default value that a script gives a variable', shell(': "${TOOL:=tool}"\n$TOOL --version')],
  ['a text that a script hands to a shell', shell('sh <<EOF\ntool --version\nEOF')],
  ['a text that a script hands to a shell over a pipe', shell("cat <<'EOF' | sh\ntool --version\nEOF")],
  [
    'a script that a script writes',
    shell("cat > /tmp/x <<'EOF'\n#!/bin/sh\ntool\nEOF\nchmod +x /tmp/x; /tmp/x"),
  ],
  [
    'a configuration that a script writes',
    {
      packages: { module: { files: { '/usr/share/module/module.conf': 'x\n' } } },
      unowned: script('cat > /etc/server.conf <<EOF\ninclude /usr/share/module/module.conf;\nEOF'),
      config: { Entrypoint: ['/start.sh'] },
      stays: ['/usr/share/module/module.conf'],
    },
  ],
  [
    'files that a script names by a pattern',
    {
      packages: { hooks: { files: { '/usr/share/hooks/one.sh': 'echo\n' } } },
      unowned: script('for hook in /usr/share/hooks/*.sh; do . "$hook"; done'),
      config: { Entrypoint: ['/start.sh'] },
      stays: ['/usr/share/hooks/one.sh'],
    },
  ],
  [
    'a file in a word with a variable',
    {
      packages: { data: { files: { '/usr/share/data/one.txt': 'x\n' } } },
      unowned: script('cat "$OPTIONS --file=/usr/share/data/one.txt" "/usr/share/data/$NAME.txt"'),
      config: { Entrypoint: ['/start.sh'] },
      stays: ['/usr/share/data/one.txt'],
    },
  ],
  ['an array of a script', shell('cmd=(tool --x)\n"${cmd[@]}"')],
  ['words that a script sets as its own', shell('set -- tool "$@"\nexec "$@"')],
  ['a default for all words', shell('exec "${@:-tool}"')],
  ['what a script looks for before', shell('if command -v tool >/dev/null; then $TOOL; fi')],
  ['what find runs', shell('find / -exec tool {} +')],
  ['a command between backquotes of a script', shell('x=`tool -v`')],
  ['a process substitution', shell('cat <(tool -v)')],
  ['a command of a function', shell('run() { tool -v; }\nrun')],
  [
    'a script that is run by its name behind a shell',
    {
      packages: tool('tool'),
      unowned: { '/start.sh': 'tool\n' },
      config: { Entrypoint: ['sh', '/start.sh'] },
      stays: ['/usr/bin/tool'],
    },
  ],
  [
    'a health check for a shell',
    {
      packages: { ...tool('tool'), ...server('x') },
      config: { Entrypoint: ['server'], Healthcheck: { Test: ['CMD-SHELL', 'tool -f || exit 1'] } },
      stays: ['/usr/bin/tool'],
    },
  ],
  [
    'what a script of package.json runs',
    {
      packages: {
        ...tool('node'),
        ...tool('tool'),
        npm: { files: { '/usr/bin/npm': executable('#!/usr/bin/node\n') } },
      },
      unowned: {
        '/app/package.json': '{"name":"app","scripts":{"start":"tool && node main.js"}}',
        '/app/main.js': '',
      },
      config: { Entrypoint: ['npm', 'start'], WorkingDir: '/app' },
      stays: ['/usr/bin/tool'],
    },
  ],
  ['what a trap runs', shell("trap 'tool stop' EXIT")],
  ['what eval runs', shell('eval "tool $@"')],
  ['the last command of a text of Python', python('import os\nos.system("cd /srv && tool --all | sort")')],
  ['a command behind a wrapper in a text of Python', python('import os\nos.system("timeout 5 tool --all")')],
  ['a command that begins with a digit', python('import subprocess\nsubprocess.run(["7z", "x"])', '7z')],
  ['a command of asyncio', python('import asyncio\nasyncio.create_subprocess_exec("tool", "x")')],
  ['a command of PHP', source('php', '/app/main.php', '<?php exec("tool -v", $out);')],
  ['a command between backquotes of PHP', source('php', '/app/main.php', '<?php $x = `tool -v`;')],
  ['a command of Ruby', source('ruby', '/app/main.rb', 'system "tool", "-v"\n')],
  ['a command in the percent form of Ruby', source('ruby', '/app/main.rb', 'puts %x(tool -v)\n')],
  [
    'a command in a bundle of JavaScript larger than most texts',
    source(
      'node',
      '/app/bundle.js',
      `${'// nothing here\n'.repeat(80_000)}require("child_process").execFile("tool")\n`,
    ),
  ],
  [
    'the interpreter of an archive that begins as a script does',
    {
      packages: tool('python3'),
      unowned: { '/app.pyz': executable('#!/usr/bin/env python3\nPK\u0003\u0004\u0000\u0000') },
      config: { Entrypoint: ['/app.pyz'] },
      stays: ['/usr/bin/python3'],
    },
  ],
  ...(['ctypes.CDLL("libmagic.so.1")', 'ctypes.util.find_library("magic")'] as const).map(
    (text): readonly [string, HiddenUse] => [
      `a library that Python loads by ${text}`,
      {
        packages: {
          ...tool('python3'),
          libmagic1: { files: { [`${libraries}/libmagic.so.1`]: buildElf({ needed: ['libz.so.1'] }) } },
          zlib1g: { files: { [`${libraries}/libz.so.1`]: buildElf() } },
          'libmagic-mgc': { files: { '/usr/lib/file/magic.mgc': 'magic' } },
        },
        unowned: { '/app/main.py': `import ctypes.util\nlib = ${text}\n` },
        config: { Entrypoint: ['python3', '/app/main.py'] },
        stays: [`${libraries}/libmagic.so.1`, `${libraries}/libz.so.1`, '/usr/lib/file/magic.mgc'],
      },
    ],
  ),
  [
    'the link by which a library finds a folder',
    {
      packages: {
        openssl: { files: { '/usr/lib/ssl/certs': { symlink: '/etc/ssl/certs' } } },
        ...server('/usr/lib/ssl/certs'),
      },
      unowned: { '/etc/ssl/certs/ca-certificates.crt': 'certificates' },
      config: { Entrypoint: ['server'] },
      stays: ['/usr/lib/ssl/certs'],
    },
  ],
  [
    'configuration in a folder of its own, and what it includes',
    {
      packages: {
        ...server('/etc/mysql/'),
        'mysql-common': { files: { '/etc/mysql/my.cnf': '!includedir /etc/mysql/conf.d/\n' } },
        'mysql-extra': { files: { '/etc/mysql/conf.d/extra.cnf': 'plugin=/usr/share/plugin/one\n' } },
        plugin: { files: { '/usr/share/plugin/one': 'x' } },
      },
      config: { Entrypoint: ['server'] },
      stays: ['/etc/mysql/my.cnf', '/etc/mysql/conf.d/extra.cnf', '/usr/share/plugin/one'],
    },
  ],
  [
    'configuration under an alternative name',
    {
      packages: {
        ...server('/etc/mysql/'),
        'mysql-common': { files: { '/etc/mysql/mariadb.cnf': '[server]\n' } },
      },
      unowned: {
        '/etc/mysql/my.cnf': { symlink: '/etc/alternatives/my.cnf' },
        '/etc/alternatives/my.cnf': { symlink: '/etc/mysql/mariadb.cnf' },
      },
      config: { Entrypoint: ['server'] },
      stays: ['/etc/mysql/my.cnf'],
    },
  ],
  [
    'configuration that is included relative to its folder',
    {
      packages: {
        ...server('/etc/httpd/conf/httpd.conf'),
        httpd: { files: { '/etc/httpd/conf/httpd.conf': 'Include conf.modules.d/*.conf\n' } },
        mod_ssl: { files: { '/etc/httpd/conf.modules.d/00-ssl.conf': 'LoadModule ssl\n' } },
      },
      config: { Entrypoint: ['server'] },
      stays: ['/etc/httpd/conf.modules.d/00-ssl.conf'],
    },
  ],
  [
    'a command that a configuration gives',
    {
      packages: {
        ...tool('archiver'),
        ...server('/etc/postgresql/main.conf'),
        config: { files: { '/etc/postgresql/main.conf': "archive_command = 'archiver push %p'\n" } },
      },
      config: { Entrypoint: ['server'] },
      stays: ['/usr/bin/archiver'],
    },
  ],
  [
    'a driver that a configuration of nobody names',
    {
      packages: {
        ...server('odbcinst.ini'),
        driver: { files: { [`${libraries}/odbc/driver.so`]: buildElf() } },
      },
      unowned: { '/etc/odbcinst.ini': `[x]\nDriver=${libraries}/odbc/driver.so\n` },
      config: { Entrypoint: ['server'] },
      stays: [`${libraries}/odbc/driver.so`],
    },
  ],
  [
    'extensions of PostgreSQL that have no library',
    {
      packages: {
        postgresql: { files: { '/usr/lib/postgresql/15/bin/postgres': program() } },
        pgtap: { files: { '/usr/share/postgresql/15/extension/pgtap.control': 'x' } },
      },
      config: { Entrypoint: ['/usr/lib/postgresql/15/bin/postgres'] },
      stays: ['/usr/share/postgresql/15/extension/pgtap.control'],
    },
  ],
  [
    'the locale that the configuration sets',
    {
      packages: {
        ...server('x'),
        'langpack-en': { files: { '/usr/lib/locale/en_US.utf8/LC_CTYPE': 'x' } },
      },
      config: { Entrypoint: ['server'], Env: ['LANG=en_US.UTF-8'] },
      stays: ['/usr/lib/locale/en_US.utf8/LC_CTYPE'],
    },
  ],
  ...(['/opt/copy', '/usr/bin/a-copy'] as const).map((copy): readonly [string, HiddenUse] => [
    `what has the same bytes as ${copy}, which nobody owns`,
    {
      packages: { ...server('x'), data: { files: { '/usr/bin/data': 'of the package' } } },
      unowned: { [copy]: { hardlink: '/usr/bin/data' } },
      config: { Entrypoint: ['server'] },
      stays: ['/usr/bin/data', copy],
    },
  ]),
  [
    'a folder that a variable of the configuration names',
    {
      packages: { ...server('x'), data: { files: { '/usr/share/data/one': 'x' } } },
      config: { Entrypoint: ['server'], Env: ['DATA=/usr/share/data'] },
      stays: ['/usr/share/data/one'],
    },
  ],
]

describe('hardenImage in relaxed mode', () => {
  it.each(uses)('keeps %s', async (_, { stays, ...described }) => {
    const source = debianImage(described)
    await using image = await openImage(source, source.raw, { directory })
    const { image: result, report } = await hardenImage(image, await createInventory(image), {
      mode: 'relaxed',
      smoke: { elsewhere: 'this test looks at what is left' },
      directory,
    })
    await using kept = result
    const tree = (kept ?? image).tree
    expect(stays.filter((path) => !tree.resolve(path))).toEqual([])
    expect(report.unchangedBecause ?? '').not.toContain('no package')
  })
})
