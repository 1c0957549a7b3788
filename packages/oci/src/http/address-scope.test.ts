import { describe, expect, it } from 'vitest'
import { addressScope, mayLead } from './address-scope.ts'

describe('addressScope', () => {
  it.each([
    ['localhost', 'loopback'],
    ['LOCALHOST.', 'loopback'],
    ['a.localhost', 'loopback'],
    ['127.9.9.9', 'loopback'],
    ['0.0.0.0', 'loopback'],
    ['[::1]', 'loopback'],
    ['[::ffff:7f00:1]', 'loopback'],
    ['10.1.2.3', 'private'],
    ['172.31.0.1', 'private'],
    ['[fd00::1]', 'private'],
    ['[::ffff:a00:1]', 'private'],
    ['169.254.169.254', 'link-local'],
    ['[fe80::1]', 'link-local'],
    ['[::ffff:a9fe:a9fe]', 'link-local'],
    ['[64:ff9b::169.254.169.254]', 'link-local'],
    ['[64:ff9b:1::a00:1]', 'private'],
    ['[2002:7f00:1::]', 'loopback'],
    ['[::169.254.169.254]', 'link-local'],
    ['fe80::1%eth0', 'link-local'],
    ['[fd00:ec2::254]', 'link-local'],
    ['168.63.129.16', 'link-local'],
    ['255.255.255.255', 'link-local'],
    ['[ff02::1]', 'link-local'],
    ['[fec0::1]', 'private'],
    ['[64:ff9b::8.8.8.8]', 'public'],
    ['[2001:db8::1]', 'public'],
    ['172.32.0.1', 'public'],
    ['registry.example', 'public'],
    ['localhost.example', 'public'],
  ])('%s is %s', (host, scope) => {
    expect(addressScope(host)).toBe(scope)
  })
})

describe('mayLead', () => {
  it.each([
    ['https://r.example', 'https://cdn.example/x', true],
    ['https://r.example', 'http://cdn.example/x', false],
    ['https://r.example', 'https://127.0.0.1/x', false],
    ['https://r.example', 'https://0x7f.1/x', false],
    ['https://r.example', 'https://2130706433/x', false],
    ['https://r.example', 'https://0x7f000001/x', false],
    ['https://r.example', 'https://017700000001/x', false],
    ['https://r.example', 'https://0xa9fea9fe/x', false],
    ['https://r.example', 'https://2852039166/x', false],
    ['https://r.example', 'https://[::ffff:a9fe:a9fe]/x', false],
    ['https://r.example', 'https://１２７.0.0.1/x', false],
    ['https://r.example', 'https://10.0.0.1/x', false],
    ['https://r.example', 'https://[::ffff:169.254.169.254]/x', false],
    ['https://r.example', 'file:///etc/passwd', false],
    ['https://r.example', 'https://user:pw@cdn.example/x', false],
    ['http://10.0.0.1', 'http://10.0.0.2/x', true],
    ['http://10.0.0.1', 'http://127.0.0.1/x', false],
    ['http://127.0.0.1:5000', 'http://localhost:6000/x', true],
    ['http://127.0.0.1:5000', 'http://169.254.169.254/latest', false],
  ])('%s to %s: %s', (from, to, expected) => {
    expect(mayLead(new URL(from), new URL(to))).toBe(expected)
  })
})

describe('mayLead, when it is known where the server is', () => {
  it.each([
    ['private', 'http://10.0.0.2/', true],
    ['private', 'http://127.0.0.1/', false],
    ['loopback', 'http://127.0.0.1/', true],
    ['link-local', 'http://169.254.169.254/', false],
  ] as const)('one at a %s address leads to %s: %s', (scope, to, expected) => {
    expect(mayLead(new URL('http://registry.example/'), new URL(to), scope)).toBe(expected)
  })
})
