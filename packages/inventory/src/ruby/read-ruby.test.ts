import { describe, expect, it } from 'vitest'
import { listPackages } from '../list-packages.fixture.ts'

describe('gems', () => {
  const gemspec = (name: string, version: string, ...more: string[]) =>
    [
      'Gem::Specification.new do |s|',
      `s.name = "${name}".freeze`,
      `s.version = "${version}"`,
      ...more,
      'end',
    ].join('\n  ')

  it('own their folder, and need those beside them', async () => {
    const home = '/usr/local/bundle'
    const packages = await listPackages({
      [`${home}/specifications/a-1.0-x86_64-linux.gemspec`]: gemspec(
        'a',
        '1.0',
        's.platform = "x86_64-linux".freeze',
        's.add_runtime_dependency(%q<rake>.freeze, [">= 0"])',
        's.add_runtime_dependency(%q<b>.freeze, [">= 0"])',
      ),
      [`${home}/gems/a-1.0-x86_64-linux/lib/a.rb`]: '',
      [`${home}/extensions/x86_64-linux/3.3.0/a-1.0-x86_64-linux/a.so`]: '',
      [`${home}/cache/a-1.0-x86_64-linux.gem`]: '',
      [`${home}/specifications/b-1.gemspec`]: gemspec('b', '1'),
      [`${home}/specifications/b-2.gemspec`]: gemspec('b', '2'),
      [`${home}/specifications/default/rake-13.0.gemspec`]: gemspec('rake', '13.0'),
      [`${home}/bundler/gems/c-0123/c.gemspec`]: gemspec('c', '3'),
      [`${home}/bundler/gems/c-0123/lib/c.rb`]: '',
      [`${home}/gems/d-1/d.gemspec`]: gemspec('d', '1'),
    })
    expect(packages.map(({ purl, evidence, dependsOn }) => [purl, evidence.method, dependsOn])).toEqual([
      ['pkg:gem/a@1.0?platform=x86_64-linux', 'ruby-gemspec', ['pkg:gem/rake@13.0']],
      ['pkg:gem/b@1', 'ruby-gemspec', undefined],
      ['pkg:gem/b@2', 'ruby-gemspec', undefined],
      ['pkg:gem/c@3', 'ruby-checkout', undefined],
      ['pkg:gem/rake@13.0', 'ruby-gemspec', undefined],
    ])
    expect(packages[0]!.files).toEqual([
      `${home}/cache/a-1.0-x86_64-linux.gem`,
      `${home}/extensions/x86_64-linux/3.3.0/a-1.0-x86_64-linux/a.so`,
      `${home}/gems/a-1.0-x86_64-linux/lib/a.rb`,
      `${home}/specifications/a-1.0-x86_64-linux.gemspec`,
    ])
  })
})
