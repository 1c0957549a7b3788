import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { isSallyportError } from '@sallyport/core'
import type { RuntimeEvent } from '../behaviour-event.ts'
import { readAuditdEvents } from './read-auditd-events.ts'
import { readFalcoEvents } from './read-falco-events.ts'
import { readInspektorGadgetEvents } from './read-inspektor-gadget-events.ts'
import { readKubescapeEvents } from './read-kubescape-events.ts'
import { readStraceEvents } from './read-strace-events.ts'
import { readTetragonEvents } from './read-tetragon-events.ts'

const digest = `sha256:${'ab'.repeat(32)}`
const lines = (...all: readonly (string | object)[]) =>
  all.map((one) => (typeof one === 'string' ? one : JSON.stringify(one))).join('\n')
async function read(events: AsyncIterable<RuntimeEvent>): Promise<readonly RuntimeEvent[]> {
  const all: RuntimeEvent[] = []
  for await (const event of events) all.push(event)
  return all
}

describe('readFalcoEvents', () => {
  const alert = (fields: object, rest: object = {}) => ({
    uuid: '4a1f',
    hostname: 'node-3',
    time: '2026-03-01T10:00:00.123456789Z',
    rule: 'Watch cart',
    priority: 'Notice',
    source: 'syscall',
    tags: [],
    output: '…',
    output_fields: {
      'container.id': '3ad7b26ded6d',
      'container.name': 'cart',
      'container.image.repository': 'reg.test/shop/cart',
      'container.image.tag': '2.1',
      'container.image.digest': digest,
      'k8s.ns.name': 'shop',
      'k8s.pod.name': 'cart-5f6d-x2',
      'proc.pid': 4242,
      'proc.name': 'sh',
      'proc.pname': 'cartd',
      'proc.ppid': 41,
      'proc.aname[2]': 'tini',
      ...fields,
    },
    ...rest,
  })
  const cases: readonly (readonly [string, object, object])[] = [
    [
      'a program of the upper layer',
      { 'evt.type': 'execve', 'proc.exepath': '/tmp/dropped', 'proc.is_exe_upper_layer': true },
      { type: 'exec', path: '/tmp/dropped', origin: 'upper-layer', tags: [] },
    ],
    [
      'a program of memory',
      { 'evt.type': 'execveat', 'proc.exepath': '/memfd:x', 'proc.is_exe_from_memfd': true },
      { type: 'exec', origin: 'memory' },
    ],
    [
      'a probe',
      {
        'evt.type': 'execve',
        'proc.exepath': '/bin/true',
        'proc.is_container_liveness_probe': true,
        'proc.tty': 0,
      },
      { type: 'exec', tags: ['probe'] },
    ],
    [
      'someone at a terminal',
      { 'evt.type': 'execve', 'proc.exepath': '/bin/sh', 'proc.tty': 34816 },
      { type: 'exec', tags: ['entered'] },
    ],
    [
      'a file that is written',
      { 'evt.type': 'openat', 'fd.name': '/etc/../etc/passwd', 'evt.arg.flags': 'O_WRONLY|O_CLOEXEC' },
      { type: 'open', path: '/etc/passwd', writes: true },
    ],
    [
      'a connection by its fields',
      { 'evt.type': 'connect', 'fd.rip': '203.0.113.7', 'fd.rport': '4444', 'fd.l4proto': 'tcp' },
      { type: 'connect', protocol: 'tcp', address: '203.0.113.7', port: 4444 },
    ],
    [
      'a connection by its name',
      { 'evt.type': 'connect', 'fd.name': '10.0.0.9:51000->198.51.100.2:443', 'fd.l4proto': 'tcp' },
      { type: 'connect', address: '198.51.100.2', port: 443 },
    ],
    [
      'a listener',
      { 'evt.type': 'listen', 'fd.sip': '0.0.0.0', 'fd.sport': 9001, 'fd.l4proto': 'tcp' },
      { type: 'listen', address: '0.0.0.0', port: 9001 },
    ],
  ]
  it.each(cases)('reads %s', async (_, fields, expected) => {
    const [partial, event, ...rest] = await read(readFalcoEvents(lines(alert(fields))))
    expect(partial).toMatchObject({ type: 'gap', code: 'partial' })
    expect(event).toMatchObject({
      ...expected,
      source: 'falco',
      time: Date.parse('2026-03-01T10:00:00.123Z'),
      container: {
        id: '3ad7b26ded6d',
        name: 'cart',
        image: 'reg.test/shop/cart:2.1',
        imageDigest: digest,
        namespace: 'shop',
        pod: 'cart-5f6d-x2',
      },
      process: { pid: 4242, parents: [{ pid: 41, name: 'cartd' }, { name: 'tini' }] },
    })
    expect(rest).toEqual([])
  })
  it('tells that a program of the upper layer runs, whatever it does', async () => {
    const connects = alert({
      'evt.type': 'connect',
      'fd.rip': '203.0.113.7',
      'fd.rport': 4444,
      'proc.exepath': '/tmp/x',
      'proc.is_exe_upper_layer': true,
    })
    const all = await read(readFalcoEvents(lines(connects)))
    expect(all.map(({ type }) => type)).toEqual(['gap', 'exec', 'connect'])
  })
  it.each([
    [
      'metadata that lags',
      alert({
        'evt.type': 'execve',
        'proc.exepath': '/bin/a',
        'container.image.digest': null,
        'k8s.pod.name': '<NA>',
      }),
      { type: 'exec', container: { pod: undefined, imageDigest: undefined } },
    ],
    ['an alert without the file', alert({ 'evt.type': 'openat' }), { type: 'gap', code: 'unreadable' }],
    [
      'dropped events',
      { rule: 'Falco internal: syscall event drop', output_fields: { n_drops: '17', n_evts: '1181' } },
      { type: 'gap', code: 'lost', count: 17 },
    ],
    ['a line that is no JSON', 'Falco initialized', { type: 'gap', code: 'unreadable' }],
    ['JSON that is no alert', { hello: 1 }, { type: 'gap', code: 'unreadable' }],
  ])('says what is missing: %s', async (_, line, expected) => {
    expect((await read(readFalcoEvents(lines(line))))[1]).toMatchObject(expected)
  })
  it.each([
    ['of the node', alert({ 'container.id': 'host', 'evt.type': 'execve', 'proc.exepath': '/bin/a' })],
    ['of a plugin', alert({}, { source: 'k8s_audit' })],
    ['of its metrics', { rule: 'Falco internal: metrics snapshot', output_fields: {} }],
  ])('leaves out an alert %s', async (_, line) => {
    expect(await read(readFalcoEvents(lines(line)))).toHaveLength(1)
  })
})

describe('readTetragonEvents', () => {
  const process = (rest: object = {}) => ({
    exec_id: 'bm9kZTo1MDox',
    parent_exec_id: 'bm9kZTo0MDox',
    pid: 50,
    uid: 0,
    cwd: '/srv',
    binary: '/usr/bin/curl',
    arguments: '-s http://a.test',
    flags: 'execve clone',
    docker: '3ad7b26ded6d',
    pod: {
      namespace: 'shop',
      name: 'cart-x2',
      container: {
        id: 'containerd://3ad7b26ded6d99',
        name: 'cart',
        image: { id: `reg.test/cart@${digest}`, name: 'reg.test/cart:2.1' },
      },
      workload: 'cart',
    },
    ...rest,
  })
  const parent = {
    exec_id: 'bm9kZTo0MDox',
    pid: 40,
    cwd: '/',
    binary: '/usr/bin/cartd',
    docker: '3ad7b26ded6d',
  }
  const time = '2026-03-01T10:00:00.5Z'
  const hook = (name: string, args: readonly object[], rest: object = {}) => ({
    process_kprobe: { process: process(), parent, function_name: name, args, ...rest },
    node_name: 'n',
    time,
  })
  const hash = 'cd'.repeat(32)
  it.each([
    [
      'a program',
      { process_exec: { process: process(), parent }, time },
      {
        type: 'exec',
        path: '/usr/bin/curl',
        arguments: ['/usr/bin/curl', '-s', 'http://a.test'],
        origin: undefined,
        tags: [],
      },
    ],
    [
      'a wrapped number',
      { process_exec: { process: process({ pid: { value: 50 } }), parent }, time },
      { process: { pid: 50 } },
    ],
    [
      'a probe',
      {
        process_exec: {
          process: process({
            pod: { ...process().pod, container: { ...process().pod.container, maybe_exec_probe: true } },
          }),
          parent,
        },
        time,
      },
      { tags: ['probe'] },
    ],
    [
      'someone who entered',
      { process_exec: { process: process({ in_init_tree: false }), parent }, time },
      { tags: ['entered'] },
    ],
    [
      'a deleted program',
      {
        process_exec: {
          process: process({
            binary: '/memfd:x (deleted)',
            binary_properties: { file: { inode: { number: '7', links: 0 } } },
          }),
          parent,
        },
        time,
      },
      { type: 'exec', origin: 'memory' },
    ],
    [
      'a measured program',
      {
        process_exec: {
          process: process({ binary_properties: { file: { hash: { sha256: hash } } } }),
          parent,
        },
        time,
      },
      { digest: `sha256:${hash}` },
    ],
    [
      'cut arguments',
      { process_exec: { process: process({ flags: 'execve truncArgs' }), parent }, time },
      { arguments: undefined },
    ],
    [
      'a file',
      hook('security_file_open', [{ file_arg: { path: '/etc/passwd', permission: '-rw-r--r--' } }]),
      { type: 'open', path: '/etc/passwd', writes: false },
    ],
    [
      'a file that is written',
      hook('security_file_permission', [{ file_arg: { path: '/etc/passwd' } }, { int_arg: 2 }]),
      { type: 'open', writes: true },
    ],
    [
      'a connection',
      hook('tcp_connect', [
        {
          sock_arg: {
            family: 'AF_INET',
            type: 'SOCK_STREAM',
            protocol: 'IPPROTO_TCP',
            saddr: '10.0.0.9',
            daddr: '203.0.113.7',
            sport: 51000,
            dport: 4444,
          },
        },
      ]),
      { type: 'connect', protocol: 'tcp', address: '203.0.113.7', port: 4444 },
    ],
    [
      'an address of IPv6',
      hook('security_socket_connect', [
        { sockaddr_arg: { family: 'AF_INET6', addr: '2001:DB8:0::1', port: 443 } },
      ]),
      { type: 'connect', protocol: 'unknown', address: '2001:db8::1', port: 443 },
    ],
    [
      'a listener',
      hook('inet_csk_listen_start', [
        {
          sock_arg: {
            family: 'AF_INET',
            protocol: 'IPPROTO_TCP',
            saddr: '0.0.0.0',
            sport: 9001,
            daddr: '0.0.0.0',
            dport: 0,
          },
        },
      ]),
      { type: 'listen', address: '0.0.0.0', port: 9001 },
    ],
    [
      'a capability',
      hook('cap_capable', [{ capability_arg: { value: 21, name: 'CAP_SYS_ADMIN' } }], {
        return: { int_arg: -1 },
      }),
      { type: 'capability', name: 'CAP_SYS_ADMIN' },
    ],
    [
      'a path that is not whole',
      hook('security_file_open', [{ file_arg: { path: '/tail', flags: 'unresolvedPathComponents' } }]),
      { type: 'gap', code: 'unreadable' },
    ],
    [
      'throttling',
      { process_throttle: { type: 'THROTTLE_START', cgroup: 'x' }, time },
      { type: 'gap', code: 'lost' },
    ],
    [
      'a rate limit',
      { rate_limit_info: { number_of_dropped_process_events: '42' }, time },
      { type: 'gap', code: 'lost', count: 42 },
    ],
    ['something else', { hello: 1 }, { type: 'gap', code: 'unreadable' }],
  ])('reads %s', async (_, line, expected) => {
    const all = await read(readTetragonEvents(lines(line)))
    expect(all).toHaveLength(1)
    expect(all[0]).toMatchObject({ ...expected, source: 'tetragon' })
    if (all[0]?.type !== 'gap')
      expect(all[0]).toMatchObject({
        container: { id: '3ad7b26ded6d99', name: 'cart', imageDigest: digest, pod: 'cart-x2' },
        process: { parents: [{ pid: 40, name: 'cartd', executable: '/usr/bin/cartd' }] },
      })
  })
  it('knows the parents of parents from earlier events', async () => {
    const grandchild = process({ exec_id: 'c', parent_exec_id: 'bm9kZTo1MDox', pid: 60, binary: '/bin/sh' })
    const all = await read(
      readTetragonEvents(
        lines(
          { process_exec: { process: process(), parent }, time },
          { process_exec: { process: grandchild, parent: process() }, time },
        ),
      ),
    )
    expect(all[1]).toMatchObject({
      process: {
        parents: [
          { pid: 50, name: 'curl' },
          { pid: 40, name: 'cartd' },
        ],
      },
    })
  })
  it('leaves out programs of the node, and files that could not be opened', async () => {
    const own = { ...process(), docker: undefined, pod: undefined }
    const failed = hook('security_file_open', [{ file_arg: { path: '/etc/shadow' } }], {
      return: { int_arg: -13 },
    })
    expect(
      await read(
        readTetragonEvents(
          lines({ process_exec: { process: own }, time }, failed, { process_exit: { process: own } }),
        ),
      ),
    ).toEqual([])
  })
})

describe('readInspektorGadgetEvents', () => {
  const event = (rest: object) => ({
    k8s: { namespace: 'shop', podName: 'cart-x2', containerName: 'cart' },
    runtime: {
      containerId: '3ad7b26ded6d',
      containerName: 'cart',
      containerImageName: 'reg.test/cart:2.1',
      containerImageDigest: digest,
    },
    proc: { comm: 'curl', pid: 50, mntns_id: 4026532000, parent: { comm: 'cartd', pid: 40 } },
    timestamp: '2026-03-01T10:00:00.5Z',
    ...rest,
  })
  it.each([
    [
      'a program',
      event({
        args: '/usr/bin/curl\u00a0-s\u00a0a b',
        exepath: '/usr/bin/curl',
        cwd: '/',
        error: '',
        upper_layer: false,
      }),
      { type: 'exec', path: '/usr/bin/curl', arguments: ['/usr/bin/curl', '-s', 'a b'], origin: 'image' },
    ],
    [
      'a program of the upper layer',
      event({ args: 'x', exepath: '/tmp/x', error: '', upper_layer: true }),
      { type: 'exec', origin: 'upper-layer' },
    ],
    [
      'a file',
      event({ fname: 'conf', fullPath: '/srv/conf', flags: 'O_RDONLY|O_CLOEXEC', error: '', fd: 3 }),
      { type: 'open', path: '/srv/conf', writes: false },
    ],
    [
      'a cut name',
      event({ fname: `/${'a'.repeat(254)}`, flags: 'O_RDONLY', error: '' }),
      { type: 'gap', code: 'unreadable' },
    ],
    [
      'a connection in progress',
      event({
        src: { addr: '10.0.0.9', port: 51000, version: 4 },
        dst: { addr: '203.0.113.7', port: 443, version: 4 },
        error: 'EINPROGRESS',
        error_raw: 115,
      }),
      { type: 'connect', protocol: 'tcp', address: '203.0.113.7', port: 443 },
    ],
    [
      'a connection of another protocol',
      event({ dst: { addr: '203.0.113.7', port: 443, proto: 'SCTP' }, error: '' }),
      { type: 'connect', protocol: 'unknown' },
    ],
    [
      'a bound port',
      event({ addr: { addr: '::', port: 9001, proto: 'UDP' }, error: '' }),
      { type: 'listen', protocol: 'udp', address: '::', port: 9001 },
    ],
    [
      'a capability',
      event({ cap: 'NET_RAW', capable: true, syscall: 'socket' }),
      { type: 'capability', name: 'CAP_NET_RAW' },
    ],
    [
      'lost events',
      { type: 'err', message: 'lost 3 samples', lost: 3 },
      { type: 'gap', code: 'lost', count: 3 },
    ],
    ['something else', { hello: 1 }, { type: 'gap', code: 'unreadable' }],
  ])('reads %s', async (_, line, expected) => {
    const all = await read(readInspektorGadgetEvents(lines(line)))
    expect(all).toHaveLength(1)
    expect(all[0]).toMatchObject(expected)
    if (all[0]?.type !== 'gap')
      expect(all[0]).toMatchObject({
        process: { pid: 50, parents: [{ pid: 40, name: 'cartd' }] },
        container: { id: '3ad7b26ded6d', imageDigest: digest },
      })
  })
  it('gives a connection the name that was looked up before', async () => {
    const answer = event({
      qr: 'R',
      qtype: 'A',
      name: 'Api.Example.TEST.',
      addresses: '203.0.113.7,203.0.113.8',
    })
    const connection = event({ dst: { addr: '203.0.113.8', port: 443 }, error: '' })
    expect(await read(readInspektorGadgetEvents(lines(answer, connection)))).toEqual([
      expect.objectContaining({ type: 'connect', name: 'api.example.test' }),
    ])
  })
  it('leaves out what failed and what others opened', async () => {
    expect(
      await read(
        readInspektorGadgetEvents(
          lines(
            event({ fname: '/x', flags: '', error: 'ENOENT' }),
            event({ type: 'accept', src: { addr: '10.0.0.1', port: 1 }, dst: { addr: '10.0.0.2', port: 2 } }),
            event({ args: '/x', exepath: '', error: 'ENOENT' }),
          ),
        ),
      ),
    ).toEqual([])
  })
})

describe('readKubescapeEvents', () => {
  const profile = (
    status: string,
    completion: string,
  ) => `apiVersion: spdx.softwarecomposition.kubescape.io/v1beta1
kind: ApplicationProfile
metadata:
  name: replicaset-cart-5f6d
  namespace: shop
  annotations:
    kubescape.io/status: ${status}
    kubescape.io/completion: ${completion}
spec:
  architectures: [amd64]
  containers:
  - name: cart
    imageID: reg.test/cart@${digest}
    imageTag: reg.test/cart:2.1
    capabilities: [NET_BIND_SERVICE]
    execs:
    - {path: /usr/bin/cartd, args: [/usr/bin/cartd, --port, "80"]}
    opens:
    - {path: /etc/cart.yaml, flags: [O_RDONLY]}
    - {path: /var/lib/cart/⋯/data, flags: [O_RDWR]}
    - {path: /srv/*, flags: [O_RDONLY]}
    syscalls: [openat, read]
    endpoints: null
  ephemeralContainers:
  - {name: debugger-abc, execs: [{path: /bin/sh, args: null}]}
`
  it('reads a complete profile, with a gap for paths of any depth', async () => {
    const all = await read(readKubescapeEvents(profile('completed', 'complete')))
    const container = { name: 'cart', image: 'reg.test/cart:2.1', imageDigest: digest, namespace: 'shop' }
    expect(all).toMatchObject([
      { type: 'exec', path: '/usr/bin/cartd', arguments: ['/usr/bin/cartd', '--port', '80'], container },
      { type: 'open', path: '/etc/cart.yaml', writes: false, isPattern: false },
      { type: 'open', path: '/var/lib/cart/⋯/data', writes: true, isPattern: true },
      { type: 'gap', code: 'partial' },
      { type: 'capability', name: 'CAP_NET_BIND_SERVICE' },
      { type: 'syscall', name: 'openat' },
      { type: 'syscall', name: 'read' },
      { type: 'exec', path: '/bin/sh', tags: ['debug'] },
    ])
  })
  it.each([
    ['completed', 'partial'],
    ['ready', 'complete'],
    ['too-large', 'complete'],
    ['learning', 'partial'],
  ])('begins with a gap when it is %s and %s', async (status, completion) => {
    expect((await read(readKubescapeEvents(profile(status, completion))))[0]).toMatchObject({
      type: 'gap',
      code: 'partial',
    })
  })
  it('reads the neighbours of a NetworkNeighborhood and of a ContainerProfile in a List', async () => {
    const annotations = { 'kubescape.io/status': 'completed', 'kubescape.io/completion': 'complete' }
    const egress = [
      {
        identifier: 'a',
        type: 'external',
        dns: 'api.example.test.',
        dnsNames: ['api.example.test.'],
        ipAddress: '203.0.113.7',
        ports: [{ name: 'TCP-443', protocol: 'TCP', port: 443 }],
      },
      {
        identifier: 'b',
        type: 'internal',
        dnsNames: null,
        ports: [{ name: 'UDP-53', protocol: 'UDP', port: 53 }],
        podSelector: {},
      },
    ]
    const ingress = [{ identifier: 'c', type: 'internal', ports: [{ protocol: 'TCP', port: 8080 }] }]
    const list = {
      kind: 'List',
      items: [
        {
          kind: 'NetworkNeighborhood',
          metadata: { name: 'n', annotations },
          spec: { containers: [{ name: 'cart', egress, ingress }] },
        },
        {
          kind: 'ContainerProfile',
          metadata: { name: 'p', annotations },
          spec: { name: 'cart', syscalls: ['bind'] },
        },
      ],
    }
    expect(await read(readKubescapeEvents(JSON.stringify(list)))).toMatchObject([
      { type: 'connect', protocol: 'tcp', address: '203.0.113.7', port: 443, name: 'api.example.test' },
      { type: 'gap', code: 'partial' },
      { type: 'listen', protocol: 'tcp', address: '0.0.0.0', port: 8080 },
      { type: 'syscall', name: 'bind' },
    ])
  })
  it.each([
    ['another kind', '{"kind":"Pod","metadata":{},"spec":{}}'],
    ['no object', ''],
    ['no YAML', 'a: [b'],
    ['what is nested too deeply', `{"a":${'['.repeat(100)}${']'.repeat(100)}}`],
  ])('refuses %s', async (_, text) => {
    await expect(read(readKubescapeEvents(text))).rejects.toMatchObject({
      name: 'RuntimeError',
      code: 'EVENTS_INVALID',
    })
  })
})

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

describe('readAuditdEvents', () => {
  const id = 'msg=audit(1772359200.123:77):'
  const syscall = (number: number, rest = '') =>
    `type=SYSCALL ${id} arch=c000003e syscall=${number} success=yes exit=0 a0=ffffff9c a1=7f a2=80000 a3=0 items=1 ppid=40 pid=50 auid=4294967295 uid=0 tty=(none) ses=1 comm="cartd" exe="/usr/bin/cartd" key="k" ${rest}`
  it.each([
    [
      'a program with arguments in hexadecimal',
      [
        syscall(59),
        `type=EXECVE ${id} argc=3 a0="sh" a1="-c" a2=6563686F2022612062220A`,
        `type=CWD ${id} cwd="/srv"`,
        `type=PATH ${id} item=0 name="./run" inode=1 nametype=NORMAL`,
        `type=PATH ${id} item=1 name="/lib64/ld.so" nametype=NORMAL`,
        `type=EOE ${id}`,
      ],
      { type: 'exec', path: '/srv/run', arguments: ['sh', '-c', 'echo "a b"\n'] },
    ],
    [
      'a file whose name has a space',
      [
        syscall(257),
        `type=CWD ${id} cwd="/srv"`,
        `type=PATH ${id} item=0 name="/srv" nametype=PARENT`,
        `type=PATH ${id} item=1 name=2F7372762F6120622E747874 nametype=CREATE`,
      ],
      { type: 'open', path: '/srv/a b.txt', writes: false },
    ],
    [
      'a file that is written',
      [syscall(257).replace('a2=80000', 'a2=241'), `type=PATH ${id} item=0 name="/srv/x" nametype=NORMAL`],
      { type: 'open', path: '/srv/x', writes: true },
    ],
    [
      'a connection',
      [syscall(42), `type=SOCKADDR ${id} saddr=0200115CCB0071070000000000000000`],
      { type: 'connect', address: '203.0.113.7', port: 4444 },
    ],
    [
      'a connection of IPv6',
      [syscall(42), `type=SOCKADDR ${id} saddr=0A0001BB0000000020010DB800000000000000000000000100000000`],
      { type: 'connect', address: '2001:db8::1', port: 443 },
    ],
    [
      'a unix socket',
      [syscall(42), `type=SOCKADDR ${id} saddr=01002F6465762F6C6F6700`],
      { type: 'connect', protocol: 'unix', address: '/dev/log', port: 0 },
    ],
    [
      'a bound port',
      [syscall(49), `type=SOCKADDR ${id} saddr=02002329000000000000000000000000`],
      { type: 'listen', address: '0.0.0.0', port: 9001 },
    ],
    [
      'a log that is enriched',
      [
        `node=n1 ${syscall(0, `\u001dARCH=x86_64 SYSCALL=connect AUID="unset"`)}`,
        `node=n1 type=SOCKADDR ${id} saddr=0200115CCB007107\u001dSADDR={ saddr_fam=inet laddr=203.0.113.7 lport=4444 }`,
      ],
      { type: 'connect', address: '203.0.113.7', port: 4444 },
    ],
  ])('reads %s', async (_, records, expected) => {
    const all = await read(readAuditdEvents(records.join('\n')))
    expect(all.map(({ type }) => type)).toEqual(['syscall', expected.type])
    expect(all[1]).toMatchObject({
      ...expected,
      time: 1772359200123,
      process: { pid: 50, name: 'cartd', executable: '/usr/bin/cartd', parents: [{ pid: 40 }] },
    })
  })
  it.each([
    [
      'lost records',
      'audit: audit_lost=6 audit_rate_limit=0 audit_backlog_limit=64',
      { code: 'lost', count: 6 },
    ],
    ['a broken line', 'type=PATH msg=aud', { code: 'unreadable' }],
    ['a path without its call', `type=PATH ${id} item=0 name="/x" nametype=NORMAL`, { code: 'unreadable' }],
    ['a cut socket address', `${syscall(42)}\ntype=SOCKADDR ${id} saddr=02`, { code: 'unreadable' }],
  ])('says what is missing: %s', async (_, text, expected) => {
    expect((await read(readAuditdEvents(text))).at(-1)).toMatchObject({ type: 'gap', ...expected })
  })
  it('leaves out what failed, but for connections', async () => {
    const failed = syscall(257).replace('success=yes exit=0', 'success=no exit=-13')
    const all = await read(
      readAuditdEvents(`${failed}\ntype=PATH ${id} item=0 name="/etc/shadow" nametype=NORMAL`),
    )
    expect(all.map(({ type }) => type)).toEqual(['syscall'])
  })
})

describe('every reader', () => {
  const readers = {
    falco: readFalcoEvents,
    tetragon: readTetragonEvents,
    'inspektor-gadget': readInspektorGadgetEvents,
    strace: readStraceEvents,
    auditd: readAuditdEvents,
    kubescape: readKubescapeEvents,
  }
  const fragment = fc.constantFrom(
    'type=SYSCALL ',
    'msg=audit(1.2:3): ',
    'saddr=0200',
    '{"process_exec":{"process":{"pid":1,"docker":"x"',
    '}}}',
    '"rule":"x"',
    '{"proc":{"comm":"a"},"dst":{"addr":"::"',
    'execve("/a", ["b"',
    ') = 0',
    '3<',
    '<unfinished ...>',
    '<... read resumed>',
    '"',
    '\\',
    '\n',
    '{',
    '}',
    '[',
    ']',
    'kind: ApplicationProfile\n',
    'spec: {}\n',
    'metadata: {}\n',
    '\0',
    '\u001d',
  )
  const hostile = fc.array(fc.oneof(fragment, fc.string()), { maxLength: 40 }).map((parts) => parts.join(''))
  it.each(Object.entries(readers))(
    'of %s ends with events and gaps, or an error of this package',
    async (_, reader) => {
      await fc.assert(
        fc.asyncProperty(hostile, async (text) => {
          try {
            for (const event of await read(reader(text))) {
              if (event.type === 'gap') expect(event.count).toBeGreaterThan(0)
              if (event.type === 'exec' || event.type === 'open') expect(event.path).toMatch(/^\/[^\0]*$/)
              if (event.type === 'connect' || event.type === 'listen') expect(event.port).toBeLessThan(65_536)
            }
          } catch (error) {
            if (!isSallyportError(error)) throw error
            expect(error).toMatchObject({ code: 'EVENTS_INVALID' })
          }
        }),
      )
    },
  )
  it.each(Object.entries(readers))('of %s stops at a limit and at an abort', async (_, reader) => {
    const limits = { maxLineBytes: 10, maxDocumentBytes: 10 }
    await expect(read(reader('x'.repeat(100), { limits }))).rejects.toMatchObject({ code: 'EVENTS_INVALID' })
    const reason = new Error('enough')
    await expect(read(reader('x', { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason)
  })
  it.each(Object.entries(readers).filter(([name]) => name !== 'kubescape'))(
    'of %s takes no long time over a long line',
    async (_, reader) => {
      const started = performance.now()
      for (const piece of ['3<', '{a=', '1->:1', 'audit: ', 'a="', '":{', '/a', 'sun_path="', 'aaaaaaaa-'])
        await read(reader(`type=SYSCALL msg=audit(1.2:3): 1 connect(${piece.repeat(200_000 / piece.length)}`))
      expect(performance.now() - started).toBeLessThan(15_000)
    },
    20_000,
  )
})
