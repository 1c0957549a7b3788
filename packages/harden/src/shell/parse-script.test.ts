import { describe, expect, it } from 'vitest'
import { createScriptParser } from './parse-script.ts'

const words = async (script: string) =>
  (await createScriptParser()).words(script).map(({ text, role }) => `${role}:${text}`)

describe('createScriptParser', () => {
  it.each([
    [
      'branches of case',
      'case "$1" in a) chown x;; *) exec su-exec app run;; esac',
      ['command:chown', 'command:run'],
    ],
    ['loops', 'for x in /a /b; do stat "$x"; done', ['command:stat']],
    ['a here document', 'cat <<EOF\nhello\nEOF\nid', ['command:cat', 'command:id']],
    ['exec "$@"', 'set -- redis "$@"\nexec "$@"', ['argument:redis', 'command:exec']],
    ['find -exec', 'find . -exec chown app {} +', ['argument:chown']],
    ['sourced files', '. /lib/x.sh\nsource "$D/y.sh"', ['source:/lib/x.sh', 'source:y.sh']],
    ['quoted scripts', `sh -c 'exec tool $X'`, ['command:sh', 'command:tool']],
    ['substitutions', 'x=$(date +%s)', ['command:date']],
    ['functions', 'f() { awk 1; }', ['command:awk']],
    ['what is before an error', 'ls\nif then (', ['command:ls']],
  ])('finds the words of %s', async (_title, script, expected) => {
    expect(await words(script)).toEqual(expect.arrayContaining(expected))
  })

  it.each([
    ['tool', true],
    ['set -e; exec tool -x', true],
    ['cd /app && exec tool', true],
    ['x=$(tool)', true],
    ['exec gosu app tool', true],
    ['if [ "$1" = a ]; then tool; fi', false],
    ['case "$1" in a) tool;; esac', false],
    ['f() { tool; }', false],
    ['other || tool', false],
    ["trap 'tool x' EXIT", false],
    ['echo tool', false],
  ])('tells of %j whether tool surely runs: %s', async (script, expected) => {
    const found = (await createScriptParser()).words(script).filter(({ text }) => text === 'tool')
    expect(found.some(({ isCertain }) => isCertain)).toBe(expected)
  })

  it('reads nothing of a script that is too large', async () => {
    expect(await words(`ls\n#${'x'.repeat(1024 * 1024)}`)).toEqual([])
  })
})
