import { describe, expect, it } from 'vitest'
import { readAuditdEvents } from './read-auditd-events.ts'
import { read } from './read-events.fixture.ts'

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
  it('takes no name for what it is not: relative to another folder than the current one', async () => {
    const other = (number: number) => syscall(number).replace('a0=ffffff9c', 'a0=5')
    const here = `type=CWD ${id} cwd="/usr/sbin"`
    const name = `type=PATH ${id} item=0 name="nginx" nametype=NORMAL`
    const opened = await read(readAuditdEvents([other(257), here, name].join('\n')))
    expect(opened[1]).toMatchObject({ type: 'gap', code: 'unreadable' })
    const program = other(322).replace('exe="/usr/bin/cartd"', 'exe="/tmp/nginx"')
    const executed = await read(readAuditdEvents([program, here, name].join('\n')))
    expect(executed[1]).toMatchObject({ type: 'exec', path: '/tmp/nginx' })
    const usual = await read(readAuditdEvents([syscall(257), here, name].join('\n')))
    expect(usual[1]).toMatchObject({ type: 'open', path: '/usr/sbin/nginx' })
  })
  it('tells a unix socket by its whole path, and a file from an abstract name', async () => {
    const hex = (name: string) => Buffer.from(`\u0001\0${name}\0`).toString('hex').toUpperCase()
    const told = async (name: string) =>
      (
        await read(
          readAuditdEvents(
            [syscall(42), `type=CWD ${id} cwd="/srv"`, `type=SOCKADDR ${id} saddr=${hex(name)}`].join('\n'),
          ),
        )
      )[1]
    expect(await told('../run/docker.sock')).toMatchObject({ address: '/run/docker.sock' })
    expect(await told('@bus')).toMatchObject({ address: '/srv/@bus' })
    expect(await told('\0bus')).toMatchObject({ address: '@bus' })
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
