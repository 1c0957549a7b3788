import { describe, expect, it } from 'vitest'
import { goProgram } from './build-info.fixture.ts'
import { contentOf } from '../files/content.fixture.ts'
import { programExaminer } from '../program/program-examiner.ts'

const commit = [
  'vcs=git',
  'vcs.revision=0123456789abcdef0123456789abcdef01234567',
  'vcs.time=2024-01-02T03:04:05Z',
]

describe('chooseMainVersion', () => {
  it.each<[string, string, readonly string[]]>([
    ['v1.2.3', 'of the linker', ['-ldflags="-s -w -X main.version=1.2.3"']],
    ['v1.2.3', 'of the linker, without quotes', ['-ldflags=-X=main.Version=v1.2.3']],
    ['v1.2.3-rc.1', 'in quotes', [`-ldflags="-X 'main.version=v1.2.3-rc.1' -X main.commit=abc"`]],
    ['v1.2.3', 'of a package of the module', ['-ldflags="-X example.org/app/v3/build.AppVersion=1.2.3"']],
    ['v1.2.3', 'said twice alike', ['-ldflags="-X main.version=1.2.3 -X main.ver=v1.2.3"']],
    ['v1.2.3', 'before the commit', ['-ldflags="-X main.version=1.2.3"', ...commit]],
    ['v3.0.0-20240102030405-0123456789ab', 'of the commit', commit],
    [
      'v3.0.0-20240102030405-0123456789ab',
      'of the commit when two are told',
      ['-ldflags="-X main.version=1.2.3 -X example.org/app/v3/api.version=1.0.0"', ...commit],
    ],
    ['(devel)', 'of another module', ['-ldflags="-X example.org/lib.version=1.2.3"']],
    ['(devel)', 'that is none', ['-ldflags="-X main.version=main"']],
    ['(devel)', 'of another variable', ['-ldflags="-X main.goversion.x=1.2.3 -X main.schema=1.0.0"']],
    ['(devel)', 'that nothing tells', []],
    ['(devel)', 'of a commit without a time', commit.slice(0, 2)],
  ])('takes %s as the version %s', async (version, _title, settings) => {
    const lines = [
      'path\texample.org/app/v3',
      'mod\texample.org/app/v3\t(devel)\t',
      ...settings.map((setting) => `build\t${setting}`),
    ]
    const facts = await programExaminer.examine(contentOf(goProgram('go1.26.8', lines)), {})
    expect(facts?.go?.main?.version).toBe(version)
  })
})
