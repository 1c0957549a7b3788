import { describe, expect, it } from 'vitest'
import { readStraceEvents } from './read-strace-events.ts'
import { read } from './read-events.fixture.ts'

describe('readStraceEvents', () => {
  it('reads programs, files, endpoints and calls, also of lines that others interrupt', async () => {
    const text = String.raw`100 1772359200.100000 execve("/usr/bin/cartd", ["cartd", "--port=80"], 0x7ffd /* 3 vars */) = 0
100 1772359200.200000 openat(AT_FDCWD</srv>, "conf/a.yaml", O_RDONLY|O_CLOEXEC) = 3</srv/conf/a.yaml>
100 1772359200.210000 openat(AT_FDCWD</srv>, "none", O_RDONLY) = -1 ENOENT (No such file or directory)
100 1772359200.220000 write(1</dev/null<char 1:3>>, "x", 1) = 1
100 1772359200.300000 socket(AF_INET, SOCK_STREAM|SOCK_CLOEXEC, IPPROTO_TCP) = 4<TCP:[1234]>
100 1772359200.310000 bind(4<TCP:[1234]>, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("0.0.0.0")}, 16) = 0
100 1772359200.400000 clone(child_stack=NULL, flags=CLONE_CHILD_CLEARTID|SIGCHLD, child_tidptr=0x7f) = 101
101 1772359200.410000 connect(5<TCP:[99]>, {sa_family=AF_INET, sin_port=htons(4444), sin_addr=inet_addr("203.0.113.7")}, 16 <unfinished ...>
100 1772359200.420000 wait4(-1,  <unfinished ...>
101 1772359200.430000 <... connect resumed>) = -1 EINPROGRESS (Operation now in progress)
101 1772359200.440000 read(6<TCP:[127.0.0.1:80->127.0.0.1:4000]>, "abc", 16) = 3
101 1772359200.450000 execve("/bin/sh", ["sh", "-c", "id \"x\""], 0x7ffd /* 3 vars */) = 0
101 1772359200.460000 sendto(7<UDP:[1]>, "q", 1, MSG_NOSIGNAL, {sa_family=AF_INET6, sin6_port=htons(53), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "2001:db8::53", &sin6_addr), sin6_scope_id=0}, 28) = 1
101 1772359200.470000 connect(8<UNIX-STREAM:[5]>, {sa_family=AF_UNIX, sun_path=@"bus\"x"}, 110) = 0
101 1772359200.480000 bind(9<NETLINK:[ROUTE:5]>, {sa_family=AF_NETLINK, nl_pid=0, nl_groups=00000000}, 12) = 0
101 1772359200.490000 +++ exited with 0 +++
100 1772359200.500000 nonsense
`
    const all = await read(readStraceEvents(text))
    expect(all.filter(({ type }) => type !== 'syscall')).toMatchObject([
      { type: 'exec', path: '/usr/bin/cartd', arguments: ['cartd', '--port=80'], time: 1772359200100 },
      { type: 'open', path: '/srv/conf/a.yaml', writes: false },
      { type: 'listen', protocol: 'tcp', address: '0.0.0.0', port: 80 },
      {
        type: 'connect',
        protocol: 'tcp',
        address: '203.0.113.7',
        port: 4444,
        process: { pid: 101, executable: '/usr/bin/cartd', parents: [{ pid: 100 }] },
      },
      { type: 'exec', path: '/bin/sh', arguments: ['sh', '-c', 'id "x"'] },
      { type: 'connect', protocol: 'udp', address: '2001:db8::53', port: 53 },
      { type: 'connect', protocol: 'unix', address: '@bus"x', port: 0 },
      { type: 'gap', code: 'unreadable' },
    ])
    const calls = all.flatMap((event) =>
      event.type === 'syscall' && event.process.pid === 100 ? [event.name] : [],
    )
    expect(calls).toEqual(['execve', 'openat', 'write', 'socket', 'bind', 'clone', 'wait4'])
  })
  const told = async (text: string) =>
    (await read(readStraceEvents(text, { workingDirectory: '/srv' })))
      .filter(({ type }) => type !== 'syscall')
      .map((one) => {
        if (one.type === 'gap') return one.code
        if (one.type === 'exec') return `exec ${one.path} ${one.origin}`
        return one.type === 'connect' ? `${one.protocol} ${one.address} ${one.port}` : one.type
      })
  const to = (address: string, port = 53) =>
    `{sa_family=AF_INET, sin_port=htons(${port}), sin_addr=inet_addr("${address}")}`
  it.each([
    [
      'an address that is written in the data',
      String.raw`1 sendto(3<UDP:[1]>, "{sa_family=AF_NETLINK, x", 9, 0, ${to('203.0.113.7')}, 16) = 9`,
      ['udp 203.0.113.7 53'],
    ],
    [
      'an address that is written in the data of a message',
      String.raw`1 sendmsg(3<UDP:[1]>, {msg_name=${to('203.0.113.7')}, msg_namelen=16, msg_iov=[{iov_base="{sa_family=AF_INET, sin_port=htons(1), inet_addr(\"10.0.0.1\")}", iov_len=9}], msg_iovlen=1, msg_controllen=0, msg_flags=0}, 0) = 9`,
      ['udp 203.0.113.7 53'],
    ],
    [
      'each of several packets',
      String.raw`1 sendmmsg(3<UDP:[1]>, [{msg_hdr={msg_name=${to('10.0.0.1')}, msg_namelen=16, msg_iov=[{iov_base="a", iov_len=1}], msg_iovlen=1}, msg_len=1}, {msg_hdr={msg_name=${to('203.0.113.7')}, msg_namelen=16}, msg_len=1}], 2, 0) = 2`,
      ['udp 10.0.0.1 53', 'udp 203.0.113.7 53'],
    ],
    [
      'packets that strace leaves out',
      String.raw`1 sendmmsg(3<UDP:[1]>, [{msg_hdr={msg_name=${to('10.0.0.1')}}, msg_len=1}, ...], 40, 0) = 40`,
      ['unreadable', 'udp 10.0.0.1 53'],
    ],
    [
      'a socket whose path is an address',
      String.raw`1 connect(3<UNIX-STREAM:[1]>, {sa_family=AF_UNIX, sun_path="/tmp/sa_family=AF_NETLINK"}, 110) = 0`,
      ['unix /tmp/sa_family=AF_NETLINK 0'],
    ],
    [
      'a socket by a relative path',
      String.raw`1 connect(3<UNIX-STREAM:[1]>, {sa_family=AF_UNIX, sun_path="../run/docker.sock"}, 110) = 0`,
      ['unix /run/docker.sock 0'],
    ],
    [
      'a socket that only looks abstract',
      String.raw`1 connect(3<UNIX-STREAM:[1]>, {sa_family=AF_UNIX, sun_path="@bus"}, 110) = 0`,
      ['unix /srv/@bus 0'],
    ],
    [
      'IPv4 inside of IPv6',
      String.raw`1 connect(3<TCPv6:[1]>, {sa_family=AF_INET6, sin6_port=htons(80), sin6_flowinfo=htonl(0), inet_pton(AF_INET6, "::ffff:169.254.169.254", &sin6_addr), sin6_scope_id=0}, 28) = 0`,
      ['tcp 169.254.169.254 80'],
    ],
    [
      'a program of memory',
      String.raw`1 execveat(3</memfd:x>, "", ["nginx"], 0x1, AT_EMPTY_PATH) = 0`,
      ['exec /memfd:x memory'],
    ],
    ...['/proc/self/fd/3', '/proc/thread-self/fd/3', '/proc/1/task/1/fd/3', '/dev/fd/3'].map(
      (path) =>
        [`a program by ${path}`, `1 execve("${path}", ["nginx"], 0x1) = 0`, [`exec ${path} memory`]] as const,
    ),
    [
      'a program by a path that leads back',
      String.raw`1 execve("../usr/bin/../../tmp/x", ["nginx"], 0x1) = 0`,
      ['exec /tmp/x undefined'],
    ],
  ] as const)('is not misled by %s', async (_, line, expected) => {
    expect(await told(line)).toEqual(expected)
  })
  it('says where arguments are not all told', async () => {
    const all = await read(readStraceEvents('1 execve("/bin/a", ["a", "-x", ...], 0x1) = 0'))
    expect(all[1]).toMatchObject({ type: 'exec', arguments: ['a', '-x', '…'] })
  })
  it('follows processes into a root, and leaves out what they do outside of it', async () => {
    const text = `7 execve("/usr/bin/python3", ["python3"], 0x1 /* 1 var */) = 0
7 openat(AT_FDCWD, "/etc/passwd", O_RDONLY) = 3
7 fork() = 8
8 chroot("/work/merged") = 0
8 chdir("/") = 0
8 execve("/bin/cartd", ["cartd"], 0x1 /* 1 var */) = 0
8 openat(AT_FDCWD, "etc/hosts", O_RDONLY) = 3
`
    expect(
      await read(readStraceEvents(text, { roots: ['/work/merged'], workingDirectory: '/' })),
    ).toMatchObject([
      { type: 'syscall', name: 'chdir' },
      { type: 'syscall', name: 'execve' },
      { type: 'exec', path: '/bin/cartd' },
      { type: 'syscall', name: 'openat' },
      { type: 'open', path: '/etc/hosts' },
    ])
  })
})
