/** A recording of one life of the service, as strace writes it. */
export function recording(start: number): string {
  const calls = [
    'execve("/usr/bin/app", ["app", "--port=80"], 0x7ffd /* 2 vars */) = 0',
    'openat(AT_FDCWD</>, "/usr/share/fonts/sans.ttf", O_RDONLY) = 3</usr/share/fonts/sans.ttf>',
    'read(3</usr/share/fonts/sans.ttf>, "a font", 4096) = 6',
    'socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 4<TCP:[11]>',
    'bind(4<TCP:[11]>, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("0.0.0.0")}, 16) = 0',
    'listen(4<TCP:[11]>, 128) = 0',
    'socket(AF_INET, SOCK_STREAM, IPPROTO_TCP) = 5<TCP:[12]>',
    'connect(5<TCP:[12]>, {sa_family=AF_INET, sin_port=htons(5432), sin_addr=inet_addr("10.0.0.7")}, 16) = 0',
    'write(5<TCP:[12]>, "x", 1) = 1',
    'exit_group(0) = ?',
  ]
  return calls.map((call, index) => `100 ${(start / 1000 + index).toFixed(6)} ${call}\n`).join('')
}

const process = {
  exec_id: 'a',
  pid: 100,
  cwd: '/',
  binary: '/usr/bin/app',
  arguments: '--port=80',
  docker: '3ad7b26ded6d',
  pod: { namespace: 'shop', name: 'cart-x2', container: { id: 'containerd://3ad7b26ded6d', name: 'cart' } },
}
const time = '2026-02-01T00:00:00Z'

/** A program that starts, as Tetragon tells it. */
export const start = (binary: string): string =>
  JSON.stringify({ process_exec: { process: { ...process, binary }, parent: process }, time })

/** A connection, as Tetragon tells it. */
export const connection = (daddr: string, dport: number): string =>
  JSON.stringify({
    process_kprobe: {
      process,
      function_name: 'tcp_connect',
      args: [
        {
          sock_arg: {
            family: 'AF_INET',
            protocol: 'IPPROTO_TCP',
            saddr: '10.0.0.2',
            sport: 5000,
            daddr,
            dport,
          },
        },
      ],
    },
    time,
  })
