import { lines } from './read-events.fixture.ts'

const time = '2026-03-01T10:00:00.5Z'

const falco = (type: string, fields: object) => ({
  time,
  rule: 'Watch cart',
  source: 'syscall',
  output_fields: { 'container.id': '3ad7b26ded6d', 'proc.pid': 42, 'evt.type': type, ...fields },
})

const tetragon = (name: string, argument: object) => ({
  process_kprobe: {
    process: { exec_id: 'a', pid: 50, cwd: '/', binary: '/usr/bin/curl', docker: '3ad7b26ded6d' },
    function_name: name,
    args: [argument],
  },
  time,
})

const gadget = (fields: object) => ({
  runtime: { containerId: '3ad7b26ded6d' },
  proc: { comm: 'curl', pid: 50 },
  timestamp: time,
  error: '',
  ...fields,
})

const audit = (serial: number, syscall: number, ...records: readonly string[]) => {
  const id = `msg=audit(1772359200.123:${serial}):`
  return [
    `type=SYSCALL ${id} arch=c000003e syscall=${syscall} success=yes exit=0 a0=ffffff9c a2=80000 ppid=40 pid=50 exe="/usr/bin/cartd"`,
    ...records.map((record) => record.replace(' ', ` ${id} `)),
  ]
}

/** A small recording of each kind: of a program, a file, a connection and a listener. */
export const recordings = {
  falco: lines(
    falco('execve', { 'proc.exepath': '/bin/sh' }),
    falco('openat', { 'fd.name': '/etc/passwd', 'evt.arg.flags': 'O_RDONLY' }),
    falco('connect', { 'fd.name': '10.0.0.9:51000->198.51.100.2:443', 'fd.l4proto': 'tcp' }),
    falco('listen', { 'fd.sip': '0.0.0.0', 'fd.sport': 9001, 'fd.l4proto': 'tcp' }),
  ),
  tetragon: lines(
    {
      process_exec: {
        process: {
          exec_id: 'a',
          pid: 50,
          cwd: '/',
          binary: '/usr/bin/curl',
          arguments: '-s',
          docker: '3ad7',
        },
      },
      time,
    },
    tetragon('security_file_open', { file_arg: { path: '/etc/passwd' } }),
    tetragon('security_socket_connect', {
      sockaddr_arg: { family: 'AF_INET6', addr: '2001:db8::1', port: 443 },
    }),
    tetragon('inet_csk_listen_start', {
      sock_arg: { family: 'AF_INET', protocol: 'IPPROTO_TCP', saddr: '0.0.0.0', sport: 9001 },
    }),
  ),
  'inspektor-gadget': lines(
    gadget({ args: '/usr/bin/curl\u00a0-s', exepath: '/usr/bin/curl', upper_layer: false }),
    gadget({ fname: 'conf', fullPath: '/srv/conf', flags: 'O_RDONLY', fd: 3 }),
    gadget({ dst: { addr: '203.0.113.7', port: 443, proto: 'TCP' } }),
    gadget({ addr: { addr: '::', port: 9001, proto: 'UDP' } }),
  ),
  strace: lines(
    '7 1.1 execve("/usr/bin/cartd", ["cartd", "--port=80"], 0x7ffd /* 3 vars */) = 0',
    '7 1.2 openat(AT_FDCWD</srv>, "conf/a.yaml", O_RDONLY|O_CLOEXEC) = 3</srv/conf/a.yaml>',
    '7 1.3 bind(4<TCP:[1]>, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("0.0.0.0")}, 16) = 0',
    '7 1.4 connect(5<TCP:[9]>, {sa_family=AF_INET, sin_port=htons(44), sin_addr=inet_addr("203.0.113.7")}, 16 <unfinished ...>',
    '7 1.5 <... connect resumed>) = 0',
  ),
  auditd: lines(
    ...audit(1, 59, 'type=EXECVE argc=1 a0="sh"', 'type=PATH item=0 name="/bin/sh" nametype=NORMAL'),
    ...audit(2, 257, 'type=CWD cwd="/srv"', 'type=PATH item=0 name=2F73612062 nametype=NORMAL'),
    ...audit(3, 42, 'type=SOCKADDR saddr=0200115CCB0071070000000000000000'),
    ...audit(4, 49, 'type=SOCKADDR saddr=0A0023290000000000000000000000000000000000000000'),
  ),
  kubescape: `kind: List
items:
- kind: ApplicationProfile
  metadata: {name: cart}
  spec:
    containers:
    - name: cart
      execs:
      - {path: /usr/bin/cartd, args: [cartd]}
      opens:
      - {path: /etc/cart.yaml, flags: [O_RDONLY]}
      - {path: /var/⋯/data, flags: [O_RDWR]}
- kind: NetworkNeighborhood
  metadata: {name: cart}
  spec:
    containers:
    - name: cart
      egress:
      - {ipAddress: 203.0.113.7, ports: [{protocol: TCP, port: 443}]}
      ingress:
      - {type: internal, ports: [{protocol: TCP, port: 8080}]}
`,
}
