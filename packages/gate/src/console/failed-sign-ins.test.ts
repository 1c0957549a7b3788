import { describe, expect, it } from 'vitest'
import { createFailedSignIns } from './failed-sign-ins.ts'

const clock = { now: () => new Date(0) }

describe('failed sign-ins', () => {
  it.each<[string, readonly string[], string, boolean]>([
    ['of one address', ['192.0.2.1', '192.0.2.1'], '192.0.2.1', true],
    ['of another address', ['192.0.2.1', '192.0.2.1'], '192.0.2.2', false],
    ['of one network of IPv6', ['2001:db8::1', '2001:db8:0:0:9::2'], '2001:0DB8::3:4', true],
    ['of another network of IPv6', ['2001:db8::1', '2001:db8::2'], '2001:db8:0:1::1', false],
    [
      'of one network of IPv6, in full',
      ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::1'],
      '2001:db8:1:2:f::',
      true,
    ],
    ['of addresses of IPv4 in IPv6', ['::ffff:192.0.2.1', '::ffff:192.0.2.1'], '::ffff:192.0.2.2', false],
    ['of a link with a zone', ['fe80::1%eth0', 'fe80::2%eth0'], 'fe80::3', true],
    ['of nobody knows whom', ['unknown', 'unknown'], 'unknown', true],
  ])('%s are counted together or not: %j, %s', (_, failed, address, waits) => {
    const failures = createFailedSignIns({ clock, most: 2 })
    for (const each of failed) failures.note(each)
    expect(failures.waitOf(address) > 0).toBe(waits)
  })

  it('from one network of IPv6 keep nobody else out', () => {
    const failures = createFailedSignIns({ clock, most: 2 })
    for (let at = 0; at < 2000; at++) failures.note(`2001:db8::${at.toString(16)}`)
    expect(failures.waitOf('192.0.2.1')).toBe(0)
  })
})
