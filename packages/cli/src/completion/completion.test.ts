import { spawnSync } from 'node:child_process'
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commands } from '../command-table.ts'
import { completeBash } from './complete-bash.ts'
import { completeFish } from './complete-fish.ts'
import { completeZsh } from './complete-zsh.ts'

/** What bash offers for these words, of which the last is being typed. */
function offers(...words: readonly string[]): readonly string[] {
  const script = `${completeBash(commands)}
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}
_sallyport; printf '%s\\n' "\${COMPREPLY[@]}"`
  const { stdout, stderr, status } = spawnSync('bash', ['-c', script], { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout.split('\n').filter((line) => line !== '')
}

describe('completeBash', () => {
  it.each([
    [['sallyport', 'pro'], ['promote']],
    [
      ['sallyport', 'policy', 'e'],
      ['explain', 'effective'],
    ],
    [['sallyport', 'scan', '--fail'], ['--fail-on']],
    [['sallyport', 'scan', '--scanner', 't'], ['trivy']],
    [['sallyport', 'copy', '--no-'], ['--no-evidence']],
    [['sallyport', 'completion', 'f'], ['fish']],
    [['sallyport', 'quarantine', 'list', '--sta'], ['--status']],
    [['sallyport', 'scan', '--login', 'x'], []],
  ])('%j', (words, offered) => {
    expect(offers(...words)).toEqual(offered)
  })
})

describe.each([
  ['zsh', completeZsh],
  ['fish', completeFish],
] as const)('the script of %s', (shell, complete) => {
  const script = complete(commands)
  it('knows every command and option', () => {
    for (const { name, options } of commands) {
      for (const word of name.split(' ')) expect(script).toContain(word)
      for (const option of options) expect(script).toContain(option)
    }
  })

  it.runIf(spawnSync(shell, ['--version']).status === 0)('is one that the shell reads', async () => {
    await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-completion-'))
    const file = join(directory.path, 'script')
    await writeFile(file, script)
    const { status, stderr } = spawnSync(shell, ['-n', file], { encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  })
})
