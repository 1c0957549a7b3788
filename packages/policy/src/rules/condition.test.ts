import { describe, expect, it } from 'vitest'
import { compileCondition, findConditionFault, withCondition } from './condition.ts'
import { aContext, aFinding, aPackage, facts } from './rule-context.fixture.ts'

const ask = (
  text: string,
  context = aContext({}, [aFinding('CVE-1', { kev: { dateAdded: '2026-01-01' } })]),
) => compileCondition(text).ask(context)

describe('compileCondition', () => {
  it.each([
    ['image.user == "1000"', true],
    ['image.tag == "1.4" && image.repository == "prod.example:5000/team/app"', true],
    ['image.platform == "linux/amd64"', true],
    ['image.labels["org.opencontainers.image.source"].startsWith("https://git.example/")', true],
    ['has(image.labels.missing)', false],
    ['"org.opencontainers.image.source" in image.labels', true],
    ['image.ports.all(p, p in ["8080/tcp", "8443/tcp"])', true],
    ['packages.exists(p, p.name == "left-pad" && p.type == "npm")', true],
    ['packages.filter(p, p.type == "deb").size() == 1', true],
    ['size(packages.map(p, p.name)) == 2', true],
    ['packages.map(p, p.type == "deb", p.name) == ["zlib1g"]', true],
    ['packages.exists_one(p, p.usage == "possible")', false],
    ['findings.exists(f, f.kev && f.severity in ["high", "critical"])', true],
    ['counted.all(f, has(f.epss) && f.epss < 0.1)', false],
    ['now - image.created < duration("720h")', true],
    ['now < timestamp("2027-01-01T00:00:00Z")', true],
    ['now.getFullYear() == 2026', true],
    ['distro.id == "debian" && distro.version == "12"', true],
    ['scan.scanners.all(s, s.status == "complete")', true],
    ['base.knownBy == "layers"', true],
    ['has(base.digest)', false],
    ['tier == "prod"', true],
    ['10 - (5 - 3) == 8', true],
    ['10 - 5 - 3 == 2', true],
    ['-3 - -2 == -1', true],
    ['2 * (3 + 4) == 14', true],
    ['(true || false) && false', false],
    ['true ? (false ? true : false) : true', false],
    [String.raw`r"a\.b" == "a\\.b"`, true],
    ['"ünï😀" == "ünï😀"', true],
    ['1e-12 < 0.000001', true],
    ['image.entrypoint[0].matches("^/a(p)+$")', true],
    ['image.user.contains("00")', true],
  ])('%s: %s', (text, holds) => {
    expect(ask(text)).toEqual({ holds })
  })

  it.each([
    ['', 'Unexpected', '1:1'],
    ['image.usr == "root"', 'No such key: usr', '1:7'],
    ['imag.user == "root"', 'Unknown variable: imag', '1:1'],
    ['image.user == 1', 'no such overload', '1:1'],
    ['image.user', 'expected an expression of type bool', '1:1'],
    ['packages', 'expected an expression of type bool', '1:1'],
    ['true &&\n  image.user.reverse() == "x"', 'found no matching overload', '2:3'],
    ['true &&\n  image.nope == "x"', 'No such key: nope', '2:9'],
    ['image.user.matches("(")', 'not a pattern of RE2', '1:20'],
    ['image.user.matches(image.tag)', 'must be a literal', '1:1'],
    [String.raw`image.user.matches("(a)\\1")`, 'not a pattern of RE2', '1:20'],
    ['image.user.split(",").size() > 1', 'there is no method split', '1:1'],
    ['cel.bind(x, true, x)', 'there is no method bind', '1:1'],
    ['b"x".size() == 1', 'bytes', '1:1'],
    ['timestamp("2027-01-01T00:00:00.0000") > now', 'with a zone', '1:1'],
    ['now.getHours("Europe/Berlin") < 18', 'UTC only', '1:1'],
    ['dyn(1) == 1', 'there is no function dyn', '1:1'],
    ['__step()', 'there is no function __step', '1:1'],
    ['image.constructor == image', 'constructor', '1:'],
  ])('refuses %s', (text, message, position) => {
    const fault = findConditionFault(text)
    expect(fault).toContain(message)
    expect(fault!.startsWith(position)).toBe(true)
    expect(() => compileCondition(text)).toThrow(expect.objectContaining({ code: 'POLICY_INVALID' }))
  })

  it.each([
    ['too long', `${'true && '.repeat(600)}true`],
    ['too deep', `${'('.repeat(300)}true${')'.repeat(300)}`],
    ['deep in what is not', '!'.repeat(3_900)],
    ['too many elements', `1 in [${'1,'.repeat(1_500)}1]`],
    ['additions that double', `[1]${'.map(x, x)+[1]'.repeat(20)} == [1]`],
  ])('refuses what is %s', (_, text) => {
    expect(findConditionFault(text)).toBeDefined()
  })

  it.each([
    ['a field that the image has not', 'image.sourceDigest == "x"'],
    ['a label that the image has not', 'image.labels["x"] == "x"'],
    ['an index too far', 'image.entrypoint[7] == "x"'],
    ['a division by zero', '1 / 0 == 1'],
    ['an overflow', '9223372036854775807 + 1 == 1'],
    ['a field that only some have', 'findings.all(f, f.epss < 0.5)'],
  ])('%s is an error', (_, text) => {
    expect(ask(text)).toHaveProperty('error')
  })

  it.each([
    ['evidence.size() == 0', { evidence: undefined }],
    ['image.user != "root"', { configuration: undefined }],
    ['scan.weaknesses.size() == 0', { scan: { ...facts.scan, weaknesses: undefined } }],
    ['base.name != "x"', { base: undefined }],
    ['image.shells.size() == 0', { files: undefined }],
    ['image.capabilities.all(path, image.capabilities[path] == ["cap_net_raw"])', { files: undefined }],
  ])('pitfall 4: %s is an error when nobody looked', (text, changes) => {
    expect(ask(text, aContext(changes))).toHaveProperty('error')
    expect(ask(text)).toHaveProperty('holds')
  })

  it('a time that is none is absent', () => {
    const context = aContext({}, [aFinding('CVE-1', { since: { disclosure: 'soon' } })])
    expect(ask('findings.all(f, !has(f.disclosed))', context)).toEqual({ holds: true })
  })

  it('an expression that takes too many steps is an error, even where its error would be absorbed', () => {
    const packages = Array.from({ length: 1_500 }, (_, at) => aPackage(`pkg:npm/p${at}@1`))
    const context = aContext({ inventory: { ...facts.inventory, packages } })
    const squared = 'packages.all(a, packages.all(b, a.name != "x" || b.name == "y"))'
    for (const text of [`${squared} || true`, `packages.all(c, ${squared})`])
      expect(ask(text, context)).toEqual({ error: 'needs more than 1000000 steps' })
    expect(ask('packages.all(a, a.name != "x")', context)).toEqual({ holds: true })
  })

  it('a pattern made to backtrack takes no time', () => {
    const labels = { long: `${'a'.repeat(60_000)}!` }
    const context = aContext({ configuration: { ...facts.configuration!, labels } })
    expect(ask('image.labels.long.matches("^(a+)+$")', context)).toEqual({ holds: false })
  })

  it('makes only what is asked for, and once', () => {
    let reads = 0
    const context = aContext()
    const counting = {
      ...context,
      get findings() {
        reads++
        return context.findings
      },
    }
    ask('image.user == "1000"', counting)
    expect(reads).toBe(0)
    ask('findings.size() == 0', counting)
    ask('findings.size() == 1', counting)
    expect(reads).toBe(1)
  })
})

describe('withCondition', () => {
  const broken = () => ({ outcome: 'broken', code: 'x', message: 'x' }) as const

  it.each([
    ['true', { outcome: 'broken' }],
    ['tier == "dev"', { outcome: 'skipped', code: 'not-applicable' }],
    ['image.sourceDigest == "x"', { outcome: 'error', code: 'condition-error' }],
  ])('when %s', (when, result) => {
    expect(withCondition(when, broken)(aContext())).toMatchObject(result)
  })

  it('refuses a condition that can not be compiled', () => {
    expect(() => withCondition('nope', broken)).toThrow(expect.objectContaining({ code: 'POLICY_INVALID' }))
  })
})
