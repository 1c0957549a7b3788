import { digestOf } from '@sallyport/core'
import type { Decision, WaiverFile } from '@sallyport/policy'
import { describe, expect, it } from 'vitest'
import { decisionStands } from './decision-stands.ts'

const now = new Date('2026-11-26T12:00:00.000Z')
const [past, present, future] = ['2026-11-26T11:59:59.999Z', now.toISOString(), '2026-11-26T12:00:00.001Z']
/** Only what the function looks at. */
const decided = ({ waivers = [], ...part }: { waivers?: readonly object[]; evaluatedAt?: string }) =>
  ({
    waivers: waivers.map((each) => ({ id: 'w-1', ...each })),
    rules: [],
    inputs: { waivers: [{ source: 'waivers.yaml', digest: digestOf('waivers') }] },
    ...part,
  }) as unknown as Decision
const file = (text: string, id: string) =>
  ({ source: 'waivers.yaml', digest: digestOf(text), waivers: [{ id }] }) as unknown as WaiverFile
const holding = { waivers: [{ state: 'applied', expires: future }] }

describe('decisionStands', () => {
  it.each<[string, object, boolean]>([
    ['nothing that ends', {}, true],
    ['an applied waiver that holds', { waivers: [{ state: 'applied', expires: future }] }, true],
    ['an applied waiver that ends now', { waivers: [{ state: 'applied', expires: present }] }, false],
    ['an applied waiver that has ended', { waivers: [{ state: 'applied', expires: past }] }, false],
    [
      'an applied waiver without a date that can be read',
      { waivers: [{ state: 'applied', expires: '?' }] },
      false,
    ],
    ['an unused waiver that has ended', { waivers: [{ state: 'unused', expires: past }] }, true],
    ['a broken rule that enforces later', { rules: [{ holds: false, enforceFrom: future }] }, true],
    ['a broken rule that enforces by now', { rules: [{ holds: false, enforceFrom: present }] }, false],
    ['a rule that holds and enforces by now', { rules: [{ holds: true, enforceFrom: past }] }, true],
    ['leave that was needed and has ended', { breakGlass: { needed: true, expires: past } }, false],
    ['leave that was needed and holds', { breakGlass: { needed: true, expires: future } }, true],
    ['leave that was not needed', { breakGlass: { needed: false, expires: past } }, true],
  ])('with %s', (_title, part, expected) => {
    const waivers = [file('waivers', 'w-1')]
    expect(decisionStands(decided(part), { now, waivers })).toBe(expected)
  })

  it.each([
    ['holds', future, true],
    ['has ended since', present, false],
    ['had ended before', past, true],
  ])('with an ignore rule that %s', (_title, expires, expected) => {
    const ignore = [{ rules: [{ source: '.trivyignore', name: 'x', expires, matches: () => true }] }]
    expect(decisionStands(decided({ evaluatedAt: past }), { now, ignore })).toBe(expected)
  })

  it.each<[string, readonly WaiverFile[] | undefined, boolean]>([
    ['as it was', [file('others', 'w-2'), file('waivers', 'w-1')], true],
    ['gone', undefined, false],
    ['another one of the same name', [file('written anew', 'w-1')], false],
    ['left out of its file', [file('waivers', 'w-2')], false],
  ])('while an applied waiver is %s', (_title, waivers, expected) => {
    expect(decisionStands(decided(holding), { now, waivers })).toBe(expected)
  })
})
