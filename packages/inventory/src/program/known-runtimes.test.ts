import { describe, expect, it } from 'vitest'
import { createInventory } from '../create-inventory.ts'
import { imageOf } from '../image.fixture.ts'
import { knownRuntimes } from './known-runtimes.ts'
import { elfProgram } from './program.fixture.ts'

/** A program with these texts between others. */
const program = (...texts: string[]) =>
  elfProgram([
    { name: '.text', bytes: Buffer.alloc(70_000, 0xcc) },
    { name: '.rodata', bytes: Buffer.from(`\0${texts.join('\0')}\0`, 'latin1') },
  ])
const find = async (path: string, bytes: Uint8Array) =>
  (await createInventory(imageOf({ [path]: bytes }))).packages

/** Texts as they stand in real builds. */
const seen: readonly (readonly [string, string, string])[] = [
  ['/usr/local/bin/node', 'pkg:generic/node@24.21.0', 'node.js/v24.21.0'],
  ['/usr/lib/x86_64-linux-gnu/libnode.so.108', 'pkg:generic/node@18.20.4', 'node.js/v18.20.4'],
  ['/usr/bin/deno', 'pkg:generic/deno@2.1.4', 'Deno/2.1.4'],
  ['/usr/bin/python3.11', 'pkg:generic/python@3.11.2', '3.11.2'],
  ['/usr/local/lib/libpython3.13.so.1.0', 'pkg:generic/python@3.13.0rc2', '3.13.0rc2'],
  ['/opt/pyenv/lib/libpython3.13.so.1.0', 'pkg:generic/python@3.13.0', '/versions/3.13.0'],
  ['/usr/bin/php8.2', 'pkg:generic/php@8.2.36', 'X-Powered-By: PHP/8.2.36'],
  [
    '/usr/lib/libruby-3.1.so.3.1.2',
    'pkg:generic/ruby@3.1.2p20',
    'ruby 3.1.2p20 (2022-04-12 revision 4491bb740a) [x86_64-linux-gnu]',
  ],
  ['/usr/local/bin/ruby', 'pkg:generic/ruby@3.3.0', 'ruby 3.3.0 (2023-12-25 revision 5124f9ac75)'],
  ['/usr/bin/perl', 'pkg:generic/perl@5.36.0', '/usr/local/share/perl/5.36.0'],
  ['/usr/local/bin/perl', 'pkg:generic/perl@5.38.2', '/usr/local/lib/perl5/5.38.2/x86_64-linux-gnu'],
  ['/usr/sbin/nginx', 'pkg:generic/nginx@1.22.1', 'nginx version: nginx/1.22.1\n'],
  ['/usr/sbin/apache2', 'pkg:generic/httpd@2.4.71', 'Apache/2.4.71 (Debian)'],
  ['/usr/sbin/lighttpd', 'pkg:generic/lighttpd@1.4.69', 'lighttpd/1.4.69'],
  ['/usr/sbin/haproxy', 'pkg:generic/haproxy@2.6.12', 'HA-Proxy version 2.6.12'],
  [
    '/usr/local/sbin/haproxy',
    'pkg:generic/haproxy@1.8.30',
    'HA-Proxy version 1.8.30-0123abc, released 2021/04/12',
  ],
  ['/usr/bin/redis-check-rdb', 'pkg:generic/redis@7.0.15', '7.0.151790282056000000000'],
  ['/usr/local/bin/redis-server', 'pkg:generic/redis@7.0.14', '7.0.14buildkitsandbox-1702957741000000000'],
  ['/usr/bin/valkey-server', 'pkg:generic/valkey@9.0.0', 'valkey9.0.0buildkitsandbox-1764887574000000000'],
  ['/usr/bin/memcached', 'pkg:generic/memcached@1.6.18', 'memcached 1.6.18'],
  ['/usr/bin/postgres', 'pkg:generic/postgresql@15.20', 'PostgreSQL 15.20 (Debian 15.20-0+deb12u1) on x86'],
  ['/usr/sbin/mariadbd', 'pkg:generic/mariadb@10.11.19', '10.11.19-MariaDB-0+deb12u1'],
  ['/usr/sbin/mysqld', 'pkg:generic/mysql@8.0.35', '/export/home/pb2/build/mysql-8.0.35/sql/main.cc'],
  ['/bin/busybox', 'pkg:generic/busybox@1.35.0', 'BusyBox v1.35.0 (Debian 1:1.35.0-4)'],
  ['/bin/bash', 'pkg:generic/bash@5.2.15', '@(#)Bash version 5.2.15(1) release GNU'],
  ['/usr/bin/curl', 'pkg:generic/curl@7.88.1', 'curl/7.88.1'],
  ['/usr/lib/libcurl.so.4.8.0', 'pkg:generic/curl@7.88.1', 'libcurl/7.88.1'],
  ['/usr/lib/libcrypto.so.3', 'pkg:generic/openssl@3.0.19', 'OpenSSL 3.0.19 27 Jan 2026'],
  ['/usr/lib/libcrypto.so.1.1', 'pkg:generic/openssl@1.1.1w', 'OpenSSL 1.1.1w  11 Sep 2023'],
  [
    '/opt/rustup/lib/libstd-d1237ef7159db0a2.so',
    'pkg:generic/rust@1.95.0',
    'clang LLVM (rustc version 1.95.0 (59807616e 2026-04-14))',
  ],
]

describe('knownRuntimes', () => {
  it.each(seen)('finds in %s the package %s', async (path, purl, text) => {
    const packages = await find(path, program('other 1.2.3', text, 'more'))
    expect(packages.map((one) => one.purl)).toEqual([purl])
    expect(packages[0]).toMatchObject({
      type: 'generic',
      files: [path],
      evidence: { path, method: 'binary-version-mark' },
    })
    expect(packages[0]!.cpes).not.toEqual([])
  })

  it('has a case here for each', () => {
    const found = new Set(seen.map(([, purl]) => purl.slice('pkg:generic/'.length, purl.indexOf('@'))))
    expect([...found].sort()).toEqual(knownRuntimes.map(({ name }) => name).sort())
  })

  it.each<[string, string, Uint8Array]>([
    ['another name', '/usr/bin/other', program('node.js/v24.21.0')],
    ['a script', '/usr/bin/node', Buffer.from(`#!/bin/sh\n# node.js/v24.21.0\n${' '.repeat(70_000)}`)],
    ['a mark without a version', '/usr/bin/node', program('node.js/vNEXT')],
    ['another release than the name says', '/usr/bin/python3.11', program('3.45.1', '3.9.2')],
    ['a name without a release', '/usr/lib/libpython3.so', program('3.11.2')],
    ['a fork of nginx', '/usr/sbin/nginx', program('nginx version: openresty/1.21.4.1')],
    [
      'the interface of another library',
      '/usr/lib/libcrypto.so.3',
      program('OpenSSL 1.1.1 (compatible; AWS-LC 1.2.3)'),
    ],
  ])('finds nothing in %s', async (_title, path, bytes) => {
    expect(await find(path, bytes)).toEqual([])
  })

  it('finds a mark across two reads, and the second name of a busybox', async () => {
    for (const at of [256 * 1024 - 12, 256 * 1024 - 3, 256 * 1024]) {
      const bytes = Buffer.alloc(600_000)
      program().copy(bytes)
      bytes.write('BusyBox v1.35.0', at)
      expect((await find('/bin/busybox', bytes)).map(({ version }) => version)).toEqual(['1.35.0'])
    }
  })

  it('gives up on a file made of anchors', async () => {
    const bytes = Buffer.alloc(8 * 1024 * 1024, 'ruby ')
    program().copy(bytes)
    bytes.write('ruby 3.3.0 (2023-12-25 ', bytes.length - 100)
    expect(await find('/usr/bin/ruby', bytes)).toEqual([])
  })

  it('says which system package owns one', async () => {
    const { packages } = await createInventory(
      imageOf({
        '/etc/os-release': 'ID=debian\nVERSION_ID=12\n',
        '/var/lib/dpkg/status':
          'Package: bash\nStatus: install ok installed\nVersion: 5.2\nArchitecture: all\n',
        '/var/lib/dpkg/info/bash.list': '/bin/bash\n',
        '/bin/bash': program('@(#)Bash version 5.2.15(1) release GNU'),
      }),
    )
    expect(packages.find(({ type }) => type === 'generic')?.ownedBy).toMatch(/^pkg:deb\/debian\/bash@/)
  })
})
