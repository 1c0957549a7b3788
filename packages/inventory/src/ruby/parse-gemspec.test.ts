import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseGemspec } from './parse-gemspec.ts'

const spec = (...lines: string[]) =>
  `# -*- encoding: utf-8 -*-\n# stub: a 1.0 ruby lib\n\nGem::Specification.new do |s|\n${lines.map((line) => `  ${line}`).join('\n')}\nend\n`
const named = ['s.name = "a".freeze', 's.version = "1.0"']

describe('parseGemspec', () => {
  it('reads what RubyGems writes', () => {
    const source = spec(
      's.name = "nokogiri".freeze',
      's.version = "1.15.0.rc1"',
      's.platform = "x86_64-linux".freeze',
      '',
      's.required_rubygems_version = Gem::Requirement.new(">= 0".freeze) if s.respond_to? :required_rubygems_version=',
      's.description = "It \\"says\\" s.name = \\"other\\"\\n".freeze',
      's.licenses = ["MIT".freeze]',
      's.installed_by_version = "3.3.15" if s.respond_to? :installed_by_version',
      's.add_runtime_dependency(%q<racc>.freeze, ["~> 1.4"])',
      's.add_dependency(%q<rack>.freeze, [">= 2".freeze, "< 4".freeze])',
      's.add_development_dependency(%q<rake>.freeze, ["~> 13.0"])',
    )
    expect(parseGemspec(source)).toEqual({
      name: 'nokogiri',
      version: '1.15.0.rc1',
      platform: 'x86_64-linux',
      license: 'MIT',
      needs: ['racc', 'rack'],
    })
  })

  it('reads what older ones wrote, who listed each need twice', () => {
    const source = spec(
      ...named,
      'if s.respond_to? :specification_version then',
      '  s.specification_version = 4',
      'end',
      'if s.respond_to? :add_runtime_dependency then',
      '  s.add_runtime_dependency(%q<racc>.freeze, ["~> 1.4"])',
      '  s.add_development_dependency(%q<rake>.freeze, ["~> 13.0"])',
      'else',
      '  s.add_dependency(%q<racc>.freeze, ["~> 1.4"])',
      '  s.add_dependency(%q<rake>.freeze, ["~> 13.0"])',
      'end',
    )
    expect(parseGemspec(source).needs).toEqual(['racc'])
  })

  it.each([
    [["s.name = 'a'", "s.version = '1.0'", 's.platform = Gem::Platform::RUBY'], 'NOASSERTION'],
    [[...named, 's.license = "Ruby"'], 'Ruby'],
    [[...named, 's.licenses = ["MIT".freeze, "Ruby".freeze]'], 'NOASSERTION'],
    [[...named, 's.licenses = ["Nonstandard".freeze]'], 'NOASSERTION'],
  ])('reads %j with the licence %s', (lines, license) => {
    expect(parseGemspec(spec(...lines))).toMatchObject({
      name: 'a',
      version: '1.0',
      platform: 'ruby',
      license,
    })
  })

  it.each([
    ['nothing', ''],
    ['another language', 'name = "a"\nversion = "1"\n'],
    ['no name', spec('s.version = "1.0"')],
    ['no version', spec('s.name = "a"')],
    ['a name that is computed', spec('s.name = "a#{system(%q<touch x>)}"', 's.version = "1.0"')],
    ['a name that a command prints', spec('s.name = `id`', 's.version = "1.0"')],
    ['a version that is a constant', spec('s.name = "a"', 's.version = A::VERSION')],
    ['a version that is read', spec('s.name = "a"', 's.version = File.read("VERSION")')],
    ['code behind the version', spec('s.name = "a"', 's.version = "1.0"; system("id")')],
    ['two versions', spec(...named, 's.version = "2.0"')],
    ['a later version that is computed', spec(...named, 's.version = [1, 0].join(".")')],
    ['a name with a way out', spec('s.name = "../a"', 's.version = "1.0"')],
    ['a name of two words', spec('s.name = "a b"', 's.version = "1.0"')],
    ['a platform with a way out', spec(...named, 's.platform = "../../etc"')],
    ['escapes in the name', spec('s.name = "\\u0061"', 's.version = "1.0"')],
  ])('refuses %s', (_title, source) => {
    expect(() => parseGemspec(source)).toThrow(SyntaxError)
  })

  it('reads or refuses every text', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ maxLength: 60 })), (lines) => {
        const source = spec(...named, ...lines.filter((line) => !line.includes('s.')))
        expect(parseGemspec(source)).toMatchObject({ name: 'a', version: '1.0' })
      }),
    )
  })

  it('takes no longer for a line that never ends', () => {
    const source = spec(...named, `s.files = x${' '.repeat(1_000_000)}x`, `s.name=${' '.repeat(1_000_000)}`)
    expect(() => parseGemspec(source)).toThrow(SyntaxError)
  })
})
