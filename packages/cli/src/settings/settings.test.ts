import { describe, expect, it } from 'vitest'
import { resolveSettings, showOrigin, showSetting } from './settings.ts'

const file = { path: 'sallyport.yaml', values: { tier: 'of the file', waivers: ['a', 'b'], harden: true } }

describe('resolveSettings', () => {
  it.each([
    [
      'a flag',
      { flags: { tier: 'of the flag' }, environment: { SALLYPORT_TIER: 'of the environment' }, file },
      'of the flag',
      'flag',
    ],
    [
      'the environment',
      { flags: {}, environment: { SALLYPORT_TIER: 'of the environment' }, file },
      'of the environment',
      'SALLYPORT_TIER',
    ],
    ['the file', { flags: {}, environment: { SALLYPORT_TIER: '' }, file }, 'of the file', 'sallyport.yaml'],
  ])('lets %s win', (_, sources, value, origin) => {
    const setting = resolveSettings(['tier'], sources).find('tier')
    expect(setting?.value).toBe(value)
    expect(showOrigin(setting!.origin)).toBe(origin)
  })

  it('falls back to the default', () => {
    const setting = resolveSettings(['scanner'], { flags: {}, environment: {} }).find('scanner')
    expect(setting).toEqual({ value: ['builtin'], origin: { from: 'default' } })
  })

  it.each([
    ['a list of the environment', 'waivers', { SALLYPORT_WAIVERS: 'x,y' }, ['x', 'y']],
    ['a time', 'max-age', { SALLYPORT_MAX_AGE: '2d' }, 172_800_000],
    ['a flag of the environment', 'harden', { SALLYPORT_HARDEN: 'false' }, false],
    ['a number', 'max-requests', { SALLYPORT_MAX_REQUESTS: '12' }, 12],
  ] as const)('reads %s', (_, name, environment, value) => {
    expect(resolveSettings([name], { flags: {}, environment, file }).find(name)?.value).toEqual(value)
  })

  it.each([
    ['a time without unit', 'max-age', '2', /SALLYPORT_MAX_AGE: expected a time such as .*"2"/],
    ['a number that is none', 'max-requests', 'many', /a number from 0 up/],
    ['a flag that is none', 'harden', 'maybe', /true or false/],
    ['an unknown choice', 'scanner', 'trivi', /did you mean trivy/],
  ] as const)('refuses %s', (_, name, value, message) => {
    const variable = `SALLYPORT_${name.toUpperCase().replaceAll('-', '_')}`
    expect(() => resolveSettings([name], { flags: {}, environment: { [variable]: value } })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID', message: expect.stringMatching(message) }),
    )
  })

  it('leaves what is about one run out of the file', () => {
    const sources = { flags: {}, environment: {}, file: { path: 'f', values: { output: 'x' } } }
    expect(resolveSettings(['output'], sources).text('output')).toBeUndefined()
  })

  it('says how to give what is missing', () => {
    const settings = resolveSettings(['evidence-key'], { flags: {}, environment: {} })
    expect(() => settings.required('evidence-key')).toThrow(
      expect.objectContaining({
        code: 'OPTION_MISSING',
        advice: expect.stringMatching(/SALLYPORT_EVIDENCE_KEY.*evidenceKey/),
      }),
    )
  })
})

describe('showSetting', () => {
  it.each([
    ['env://RELEASE_KEY', 'env://RELEASE_KEY'],
    ['hunter2', '(given, not shown)'],
    ['-----BEGIN PRIVATE KEY-----', '(given, not shown)'],
    ['env://hunter2', '(given, not shown)'],
  ])('shows of the place %s only what is no secret', (value, shown) => {
    expect(showSetting('release-key', { value, origin: { from: 'flag' } })).toBe(shown)
    expect(showSetting('password', { value, origin: { from: 'flag' } })).toBe(shown)
  })
})
