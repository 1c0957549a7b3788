import { describe, expect, it } from 'vitest'
import { parsePathExcludes } from './path-excludes.ts'

const docker = `# comment
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude=/usr/share/man/*
`

describe('parsePathExcludes', () => {
  const excludes = parsePathExcludes([
    docker,
    'path-exclude=/usr/share/locale/??/*\npath-exclude="/q/[ab]\\*"\n',
  ])
  it.each([
    ['/usr/share/doc/x/README', true],
    ['/usr/share/doc/x/y/copyright', false],
    ['/usr/share/doc', false],
    ['/usr/share/man/man1/x.1', true],
    ['/usr/share/locale/de/x.mo', true],
    ['/usr/share/locale/deu/x.mo', false],
    ['/q/a*', true],
    ['/q/ab', false],
    ['/usr/bin/x', false],
  ])('says of %s: %s', (path, expected) => {
    expect(excludes(path)).toBe(expected)
  })

  it('does not take long for a pattern of many stars', () => {
    const hostile = parsePathExcludes([`path-exclude /${'*a'.repeat(400)}b`])
    expect(hostile(`/${'a'.repeat(4000)}`)).toBe(false)
  })
})
