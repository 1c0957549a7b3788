import { createReadStream } from 'node:fs'
import { decodeName } from '@sallyport/image'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { unescape } from './parse-strace-line.ts'
import { readStrace } from './read-strace.ts'
import type { UsageEvidence } from './usage-evidence.ts'

const fixture = (name: string) => createReadStream(new URL(`__fixtures__/${name}`, import.meta.url))
const list = ({ records }: UsageEvidence) =>
  records.map(({ operation, path, exact }) => `${operation} ${path}${exact ? '' : ' ?'}`)
const read = async (...lines: string[]) =>
  list(await readStrace(lines.join('\n'), { workingDirectory: '/work' }))

describe('readStrace', () => {
  it('reads what -yy tells of devices and connected sockets', async () => {
    const lines = [
      '7 openat(AT_FDCWD</work>, "a", O_RDONLY) = 3</work/a>',
      '7 dup2(4<TCP:[127.0.0.1:80->127.0.0.1:4000]>, 1</dev/null<char 1:3>>) = 1<TCP:[127.0.0.1:80->127.0.0.1:4000]>',
      '7 openat(5</work/folder>, "b", O_RDONLY) = 6</work/folder/b>',
    ]
    const evidence = await readStrace(lines.join('\n'))
    expect(evidence.gaps).toEqual([])
    expect(list(evidence)).toEqual(['open /work/a', 'open /work/folder/b'])
  })
  it('reads a real recording made from outside of a chroot, and takes what is inside of it', async () => {
    const evidence = await readStrace(fixture('strace-6.1-nginx-test.txt'), { roots: ['/srv/image'] })
    expect(evidence).toMatchObject({
      source: 'strace',
      coverage: 'partial',
      observes: ['exec', 'open'],
      gaps: [],
    })
    expect(evidence.missing).toEqual(['/usr/lib/ssl/openssl.cnf'])
    expect(list(evidence).filter((text) => !text.startsWith('stat') && !text.startsWith('open'))).toEqual([
      'mmap /lib/x86_64-linux-gnu/libc.so.6',
      'mmap /lib/x86_64-linux-gnu/libcrypt.so.1',
      'mmap /lib/x86_64-linux-gnu/libcrypto.so.3',
      'mmap /lib/x86_64-linux-gnu/libpcre2-8.so.0',
      'mmap /lib/x86_64-linux-gnu/libssl.so.3',
      'mmap /lib/x86_64-linux-gnu/libz.so.1',
      'exec /usr/sbin/nginx',
      'mmap /usr/share/nginx/modules/ngx_http_echo_module.so',
    ])
    expect(list(evidence)).toContain('open /etc/nginx/conf.d/site.conf')
  })

  it('reads a real recording of several processes with -y, relative names and interrupted calls', async () => {
    const evidence = await readStrace(fixture('strace-6.1-shell-with-y.txt'), { roots: ['/srv/image/'] })
    expect(evidence.gaps).toEqual([])
    const all = list(evidence)
    for (const path of [
      '/bin/sh',
      '/usr/bin/cat',
      '/usr/bin/ls',
      '/usr/bin/ldd',
      '/lib64/ld-linux-x86-64.so.2',
    ])
      expect(all).toContain(`exec ${path}`)
    expect(all).toContain('open /etc/nginx/mime.types')
    expect(all).toContain('open /etc/nginx')
    expect(all).toContain('mmap /usr/lib/x86_64-linux-gnu/libtinfo.so.6.4')
    expect(evidence.missing).toContain('/etc/nginx/conf.d/nothere')
    expect(evidence.records.find(({ path }) => path === '/usr/bin/cat')).toMatchObject({
      process: 'cat',
      count: 1,
    })
  })

  it.each([
    ['a name', ['open("/a", O_RDONLY) = 3'], ['open /a']],
    ['pid and time in front', ['[pid    12] 10:00:00.123456 open("/a", O_RDONLY) = 3'], ['open /a']],
    ['time that the call took', ['open("/a", O_RDONLY) = 3 <0.000012>'], ['open /a']],
    [
      'a name relative to where it started',
      ['execve("./run", ["run"], 0x1 /* 3 vars */) = 0'],
      ['exec /work/run'],
    ],
    ['a name relative to chdir', ['chdir("sub")  = 0', 'open("../x", 0) = 3'], ['open /work/x']],
    [
      'a chdir that failed',
      ['chdir("/no") = -1 ENOENT (No such file or directory)', 'open("x", 0) = 3'],
      ['open /work/x'],
    ],
    [
      'a name relative to a descriptor',
      ['openat(AT_FDCWD, "/d", O_DIRECTORY) = 7', 'openat(7, "x", 0) = 8'],
      ['open /d', 'open /d/x'],
    ],
    [
      'a descriptor that was duplicated',
      ['open("/d", 0) = 7', 'dup2(7, 9) = 9', 'openat(9, "x", 0) = 8'],
      ['open /d', 'open /d/x'],
    ],
    ['an unknown descriptor: a pattern', ['openat(5, "a/x", 0) = 8'], ['open /*/a/x ?']],
    [
      'a descriptor that was closed: a pattern',
      ['open("/d", 0) = 7', 'close(7) = 0', 'openat(7, "x", 0) = 8'],
      ['open /*/x ?', 'open /d'],
    ],
    ['a name that -s cut: a pattern', ['open("/usr/lib/lo"..., 0) = 3'], ['open /usr/lib/lo* ?']],
    ['what a failure shows to be there', ['open("/a", 0) = -1 EACCES (Permission denied)'], ['stat /a']],
    [
      'a file mapped as code',
      ['open("/l.so", 0) = 3', 'mmap(NULL, 8, PROT_READ|PROT_EXEC, MAP_PRIVATE, 3, 0) = 0x7f'],
      ['mmap /l.so', 'open /l.so'],
    ],
    [
      'no file mapped as data',
      ['open("/l.so", 0) = 3', 'mmap(NULL, 8, PROT_READ, MAP_PRIVATE, 3, 0) = 0x7f'],
      ['open /l.so'],
    ],
    [
      'a child in the folder of its parent',
      ['1 chdir("/d") = 0', '1 clone(flags=SIGCHLD) = 2', '2 open("x", 0) = 3'],
      ['open /d/x'],
    ],
    [
      'a child seen before fork returns',
      ['1 chdir("/d") = 0', '1 vfork( <unfinished ...>', '2 open("x", 0) = 3', '1 <... vfork resumed>) = 2'],
      ['open /d/x'],
    ],
    [
      'a thread that changes the folder of all',
      ['1 clone(flags=CLONE_VM|CLONE_FS) = 2', '2 chdir("/d") = 0', '1 open("x", 0) = 3'],
      ['open /d/x'],
    ],
    [
      'a process of unknown descent: a pattern',
      ['1 open("/a", 0) = 3', '9 open("x", 0) = 3'],
      ['open /*/x ?', 'open /a'],
    ],
    [
      'the name that an empty one stands for',
      ['execveat(3</opt/x>, "", [], NULL, AT_EMPTY_PATH) = 0'],
      ['exec /opt/x'],
    ],
    ['escaped characters', [String.raw`open("/a\"b,\n\303\251\x07", 0) = 3`], ['open /a"b,\n\u00e9\u0007']],
    ['commas and parentheses in arguments', ['execve("/a", ["a", "(,", ")"], ["X=,)"]) = 0'], ['exec /a']],
    ['a structure', ['openat2(AT_FDCWD, "/a", {flags=O_RDONLY, resolve=0}, 24) = 3'], ['open /a']],
    [
      'nothing of signals, exits and the kernel',
      ['--- SIGCHLD {si_signo=SIGCHLD} ---', '+++ exited with 0 +++', 'open("/proc/self/maps", 0) = 3'],
      [],
    ],
  ] as const)('takes %s', async (_, lines, expected) => {
    expect(await read(...lines)).toEqual(expected)
  })

  it('is never complete with a line that it can not read', async () => {
    const evidence = await readStrace('open("/a", 0) = 3\nopen("/b"', { coverage: 'complete' })
    expect(evidence).toMatchObject({ coverage: 'partial', gaps: [{ code: 'UNREADABLE', count: 1 }] })
  })

  it('tells when it began and ended, with -ttt', async () => {
    const evidence = await readStrace('1700000000.5 open("/a", 0) = 3\n1700000060.0 open("/b", 0) = 3')
    expect([evidence.from, evidence.to]).toEqual(['2023-11-14T22:13:20.500Z', '2023-11-14T22:14:20.000Z'])
  })

  it.each([
    ['a line', { maxLineBytes: 10 }],
    ['the recording', { maxBytes: 10 }],
    ['the number of paths', { maxPaths: 1 }],
  ])('bounds %s', async (_, limits) => {
    await expect(readStrace('open("/a", 0) = 3\nopen("/b", 0) = 3', { limits })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
  })

  it('reads any text and any damaged recording without an error', async () => {
    const piece = fc.constantFrom(
      'open(',
      '"',
      '\\',
      '<',
      '>',
      ',',
      ')',
      ' = ',
      '3',
      '[',
      '{',
      '1 ',
      '/a',
      '...',
      '/*',
      '\n',
      'AT_FDCWD',
    )
    const recording = [
      '7 execve("/bin/sh", ["sh", "-c", "x"], 0x7ffd /* 3 vars */) = 0',
      '7 openat(AT_FDCWD</work>, "a\\n\\303\\251", O_RDONLY|O_CLOEXEC) = 3</work/a>',
      '7 open("b/../c", O_RDONLY <unfinished ...>',
      '8 stat("/work/d", {st_mode=S_IFREG|0644, st_size=1, ...}) = 0',
      '7 <... open resumed>) = 4',
      '8 mmap(NULL, 4096, PROT_READ|PROT_EXEC, MAP_PRIVATE, 3</lib/libc.so.6>, 0) = 0x7f00',
      '8 chdir("/srv") = 0',
      '8 readlink("e", "f", 4095) = 1',
    ].join('\n')
    const edits = fc.array(fc.tuple(fc.nat(recording.length), fc.nat(12), fc.oneof(piece, fc.string())), {
      maxLength: 5,
    })
    const damaged = edits.map((all) =>
      all.reduce(
        (text, [at, length, instead]) => text.slice(0, at) + instead + text.slice(at + length),
        recording,
      ),
    )
    const text = fc.array(fc.oneof(piece, fc.string())).map((pieces) => pieces.join(''))
    let told = 0
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, damaged), async (given) => {
        const { records } = await readStrace(given, { workingDirectory: '/work' })
        told += records.length
        for (const { path } of records) expect(path).toMatch(/^\/[^\0]*$/)
      }),
      { numRuns: 300 },
    )
    // Or nothing was looked at.
    expect(told).toBeGreaterThan(300)
  })
})

describe('unescape', () => {
  it('gives back the bytes that were escaped', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1 }), (bytes) => {
        const escaped = [...bytes].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')
        expect(unescape(escaped)).toBe(decodeName(bytes))
      }),
    )
  })
})
