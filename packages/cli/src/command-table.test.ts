import { describe, expect, it } from 'vitest'
import { commands } from './command-table.ts'
import { nearestName } from './internal/nearest-name.ts'
import { optionsOf, parseCommandLine } from './parse-command-line.ts'
import { optionNames } from './settings/option-table.ts'

const screen = { version: '1.2.3', columns: 100 }
const parse = (...argv: readonly string[]) => parseCommandLine(argv, commands, screen)

describe('the table of commands', () => {
  it('names each once, with examples that are command lines', async () => {
    expect(new Set(commands.map(({ name }) => name)).size).toBe(commands.length)
    for (const { name, examples } of commands) {
      expect(examples.length, name).toBeGreaterThan(0)
      for (const { line } of examples) {
        const [program, ...words] = (line.split(' > ')[0] ?? '').match(/'[^']*'|\S+/g) ?? []
        expect(program).toBe('sallyport')
        const parsed = await parse(...words.map((word) => word.replaceAll("'", '')))
        expect(parsed, line).toMatchObject({ kind: 'run', command: { name } })
      }
    }
  })

  it('uses every option, each once in a command', () => {
    for (const command of commands) {
      const options = optionsOf(command)
      expect(new Set(options).size, command.name).toBe(options.length)
    }
    const used = new Set(commands.filter(({ name }) => name !== 'doctor').flatMap(optionsOf))
    expect(optionNames.filter((name) => !used.has(name))).toEqual([])
  })
})

describe('parseCommandLine', () => {
  it('reads flags of every kind, and only what was given', async () => {
    const line = await parse(
      'scan',
      'r.example/a:1',
      '--waivers',
      'a',
      '--waivers',
      'b',
      '--skip-database-update',
    )
    expect(line).toMatchObject({
      arguments: ['r.example/a:1'],
      flags: { waivers: ['a', 'b'], 'skip-database-update': true },
    })
    expect(Object.keys((line as { flags: object }).flags)).toHaveLength(2)
  })

  it.each([
    [['copy', 'a', 'b', '--no-evidence'], { evidence: false }],
    [['promote', 'a', 'b', '--no-harden'], { harden: false }],
    [['sbom', 'a', '-o', 'f'], { output: 'f' }],
  ])('%j', async (argv, flags) => {
    expect(await parse(...argv)).toMatchObject({ flags })
  })

  it.each([
    [['scna'], /scan/],
    [['scan', 'a', '--polcy', 'x'], /--policy/],
    [['scan'], /image/],
    [['scan', 'a', 'b'], /too many/],
    [['policy'], /which/],
    [['scan', 'a', '--policy'], /argument missing/],
  ])('refuses %j', async (argv, message) => {
    await expect(parse(...argv)).rejects.toMatchObject({
      code: 'USAGE_INVALID',
      message: expect.stringMatching(message),
    })
  })

  it('prints version and help', async () => {
    expect(await parse('--version')).toEqual({ kind: 'print', text: '1.2.3\n' })
    expect(await parse('help', 'scan')).toMatchObject({
      kind: 'print',
      text: expect.stringContaining('--fail-on'),
    })
  })
})

describe('nearestName', () => {
  it.each([
    ['polcy', 'policy'],
    ['evidencekey', 'evidenceKey'],
    ['xyzzy', undefined],
  ])('of %s is %s', (given, near) => {
    expect(nearestName(given, ['policy', 'evidenceKey', 'tier'])).toBe(near)
  })
})
