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
