import { describe, expect, it } from 'vitest'
import { compareScripts } from './compare-scripts.ts'

const section = (helper: string, text: string) =>
  `# Automatically added by ${helper}\n${text}\n# End automatically added section\n`
const compare = (before: string | undefined, after: string | undefined, name = 'postinst') => {
  const scripts = (text: string | undefined) => new Map(text === undefined ? [] : [[name, text]])
  return compareScripts(
    { version: '1.0-1', scripts: scripts(before) },
    { version: '1.0-2', scripts: scripts(after) },
  )
}

describe('compareScripts', () => {
  it.each<[string, string | undefined, string | undefined]>([
    ['the same', 'useradd x\n', 'useradd x\n'],
    ['empty lines', 'a\n\nb\n', 'a\nb\n'],
    ['a script that does nothing', undefined, '#!/bin/sh\nset -e\n\nexit 0\n'],
    ['the version of debhelper', section('dh_installdeb/13.1', 'a'), section('dh_installdeb/13.2', 'a')],
    ['what systemd is told', section('dh_installsystemd/13', 'a'), section('dh_installsystemd/13', 'b')],
    ['bytecode', '#!/bin/sh\nset -e\n', `#!/bin/sh\nset -e\n${section('dh_python3', 'py3compile -p x')}`],
    ['its own version, where it is not compared with', 'test "$v" != "1.0-1"\n', 'test "$v" != "1.0-2"\n'],
  ])('sees no difference in %s', (_title, before, after) => {
    expect(compare(before, after)).toBeUndefined()
  })

  it.each<[string, string | undefined, string | undefined]>([
    ['a user', 'a\n', 'a\nadduser --system x\n'],
    ['a script that is gone', 'a\n', undefined],
    [
      'a step of this upgrade',
      'dpkg --compare-versions "$2" lt "1.0-1"\n',
      'dpkg --compare-versions "$2" lt "1.0-2"\n',
    ],
    ['a version that only begins like its own', 'x 1.0-1.5\n', 'x 1.0-2.5\n'],
    ['an alternative', section('dh_installalternatives', 'a'), section('dh_installalternatives', 'b')],
    ['a moved configuration file', '', section('dh_installdeb/13', 'dpkg-maintscript-helper rm_conffile /x')],
    ['a section without its end', '', '# Automatically added by dh_installdeb\nrm -r /x\n'],
    ['the interpreter', '#!/bin/sh\na\n', '#!/usr/bin/perl\na\n'],
  ])('sees %s', (_title, before, after) => {
    expect(compare(before, after)).toMatch(/^postinst differs: /)
  })

  it('sees interests in triggers, not the one for ldconfig', () => {
    expect(compare(undefined, 'activate-noawait ldconfig\n', 'triggers')).toBeUndefined()
    expect(compare(undefined, 'interest /usr/share/x\n', 'triggers')).toBe(
      'triggers differs: + "interest /usr/share/x"',
    )
  })

  it('does not take what follows a section without an end for boilerplate', () => {
    expect(compare('', '# Automatically added by dh_python3\nrm -r /x\n')).toMatch(/rm -r/)
  })
})
