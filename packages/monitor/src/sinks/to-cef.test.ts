import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hostileAlert, hostileText, sampleAlert } from '../testing/sample-alert.ts'
import { toCef } from './to-cef.ts'

/** Reads a line as the implementation standard says. */
function parseCef(line: string): { header: string[]; extension: Record<string, string> } {
  const header = /^CEF:0((?:\|(?:[^\\|]|\\[\\|])*){6})\|/.exec(line)
  if (!header) throw new Error(`no CEF: ${line}`)
  const fields = [...header[1]!.matchAll(/\|((?:[^\\|]|\\[\\|])*)/g)].map(([, field = '']) =>
    field.replace(/\\([\\|])/g, '$1'),
  )
  const rest = line.slice(header[0].length)
  const pairs = [...rest.matchAll(/(\w+)=((?:[^\\=]|\\[\\=nr])*?)(?= \w+=|$)/g)]
  expect(pairs.map(([all]) => all).join(' ')).toBe(rest)
  return {
    header: fields,
    extension: Object.fromEntries(
      pairs.map(([, key, value]) => [
        key,
        value!.replace(/\\([\\=n])/g, (_, character: string) => (character === 'n' ? '\n' : character)),
      ]),
    ),
  }
}

describe('toCef', () => {
  it('has the fields of an alert under the names of the standard', () => {
    const alert = sampleAlert()
    expect(parseCef(toCef(alert))).toEqual({
      header: ['Sallyport', 'monitor', '0.0.0', 'unauthorised-push', alert.title, '10'],
      extension: {
        rt: `${Date.parse(alert.at)}`,
        externalId: 'alert-1',
        cat: 'unauthorised-push',
        act: 'push',
        dhost: 'prod.example',
        cs1Label: 'repository',
        cs1: 'team/app',
        cs2Label: 'tag',
        cs2: '1.4',
        cs3Label: 'digest',
        cs3: alert.digest,
        cs4Label: 'actor',
        cs4: 'alice (user) from 10.0.0.7:5512',
        cs5Label: 'previousDigest',
        cs5: alert.previousDigest,
        cs6Label: 'group',
        cs6: alert.group,
        cn1Label: 'occurrences',
        cn1: '1',
        suser: 'alice',
        src: '10.0.0.7',
        requestClientApplication: 'crane/0.20',
        msg: `Expected: ${alert.expected} To do: ${alert.action}`,
        reason: alert.odd.join('\n'),
      },
    })
  })

  it('lets no text end its field, its line or its message', () => {
    const { header, extension } = parseCef(toCef(hostileAlert()))
    expect(header).toHaveLength(6)
    expect(header[4]).toContain('a|b\\c=d')
    expect(extension['suser']).toMatch(/^a\|b\\c=d .*"q"\n<34>1 - fake/)
    expect(extension).not.toHaveProperty('d')
  })

  it('can be read back whatever comes, in one line of at most so many bytes', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.constant(hostileText.repeat(20)), fc.string()),
        fc.integer({ min: 400, max: 9000 }),
        (text, maxBytes) => {
          const line = toCef(hostileAlert(text), maxBytes)
          expect(line).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
          expect(line.isWellFormed()).toBe(true)
          expect(Buffer.byteLength(line)).toBeLessThanOrEqual(maxBytes)
          expect(parseCef(line).header[3]).toBe('unauthorised-push')
        },
      ),
    )
  })

  it('says when it is over, and writes IPv6 addresses where they belong', () => {
    const line = toCef(
      sampleAlert({ resolves: 'alert-0', actor: { kind: 'anonymous', address: '2001:db8::1' } }),
    )
    expect(parseCef(line)).toMatchObject({
      header: expect.arrayContaining([expect.stringMatching(/^Resolved: /)]) as string[],
      extension: { act: 'resolved', c6a2: '2001:db8::1', c6a2Label: 'Source IPv6 Address' },
    })
    expect(line).not.toContain(' src=')
  })
})
