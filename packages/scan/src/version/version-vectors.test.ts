import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compareVersions } from './compare-versions.ts'
import { isUnparseable } from './version-order.ts'

const vectors = new URL('../../../../../shared/data/versions/', import.meta.url)

/** Package types whose vectors are not named like them. */
const types: Readonly<Record<string, string>> = {
  alpine: 'apk',
  debian: 'deb',
  redhat: 'rpm',
  rubygems: 'gem',
  packagist: 'composer',
  semver: 'cargo',
}

const signs = ['<', '=', '>']

interface Exceptions {
  readonly file: string
  /** What the real tool does with these lines, and which tool it was. */
  readonly why: string
  /** `line: text  answer`. */
  readonly lines: readonly string[]
}

const exceptions = JSON.parse(
  readFileSync(new URL('__fixtures__/vector-exceptions.json', import.meta.url), 'utf8'),
) as readonly Exceptions[]

/** Answers each line in both directions; gives the number of lines and those that were answered otherwise. */
function runVectors(file: string) {
  const ecosystem = file.split('-')[0] ?? ''
  const type = types[ecosystem] ?? ecosystem
  const others: string[] = []
  let count = 0
  for (const [index, line] of readFileSync(new URL(file, vectors), 'utf8').split('\n').entries()) {
    const match = /^([^#/]\S*|\/[^/]\S*) ([<=>]) (\S+)$/.exec(line.trim())
    if (match === null) {
      expect(line).toMatch(/^\s*(?:$|#|\/\/)/)
      continue
    }
    count++
    const [, a = '', sign = '', b = ''] = match
    const forward = compareVersions(type, a, b)
    const backward = compareVersions(type, b, a)
    if (isUnparseable(forward) || isUnparseable(backward)) {
      expect(isUnparseable(forward) && isUnparseable(backward)).toBe(true)
      others.push(`${index + 1}: ${line.trim()}  refused`)
    } else {
      expect(forward + backward).toBe(0)
      if (signs[forward + 1] !== sign) others.push(`${index + 1}: ${line.trim()}  ${signs[forward + 1]}`)
    }
  }
  return { count, others }
}

describe.skipIf(!existsSync(vectors))(
  'published version vectors (skipped where the data folder is absent)',
  () => {
    it('are answered as they say, all 71,818 of them, but for the listed ones that the real tool answers otherwise', () => {
      const files = readdirSync(vectors).filter((name) => name.endsWith('.txt'))
      let lines = 0
      for (const file of files) {
        const { count, others } = runVectors(file)
        lines += count
        const listed = exceptions.filter((group) => group.file === file).flatMap((group) => group.lines)
        expect({ file, others: others.sort() }).toEqual({ file, others: [...listed].sort() })
      }
      expect(files).toHaveLength(19)
      expect(lines).toBe(71_818)
    })
  },
)

it('every listed exception says what the real tool does', () => {
  expect(exceptions.every(({ why, lines }) => why.length > 20 && lines.length > 0)).toBe(true)
})
