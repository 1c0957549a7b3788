import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { commands } from '../command-table.ts'
import { writeReference } from './write-reference.ts'

const guide = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'guides', 'cli.md')
const [begin, end] = ['<!-- reference: begin -->', '<!-- reference: end -->']

describe('the README', () => {
  it('says of each error code what to do', async () => {
    const root = join(import.meta.dirname, '..', '..')
    const source = await readFile(join(root, 'src', 'errors.ts'), 'utf8')
    const readme = await readFile(join(root, 'README.md'), 'utf8')
    const codes = [...source.matchAll(/\| '([A-Z_]+)'/g)].map(([, code]) => code!)
    expect(codes.length).toBeGreaterThan(5)
    expect(codes.filter((code) => !readme.includes(`| \`${code}\``))).toEqual([])
  })
})

describe('writeReference', () => {
  // `vitest run -u` writes it anew.
  it('is what stands in the guide', async () => {
    const text = await readFile(guide, 'utf8')
    const [before, after] = [text.slice(0, text.indexOf(begin)), text.slice(text.indexOf(end))]
    expect([before, after].every((part) => part.length > 100)).toBe(true)
    await expect(`${before}${begin}\n\n${writeReference(commands)}\n\n${after}`).toMatchFileSnapshot(guide)
  })
})
