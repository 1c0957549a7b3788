import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { registryFaults } from './registry/faults/registry-faults.ts'
import { registryProfiles } from './registry/quirks/registry-profiles.ts'

const readme = await readFile(join(import.meta.dirname, '..', 'README.md'), 'utf8')
const examples = ['example.test.ts', 'sigstore/example.test.ts']

describe('README.md', () => {
  it.each(examples)('shows the example that is tested in %s', async (file) => {
    const example = await readFile(join(import.meta.dirname, file), 'utf8')
    expect(readme).toContain(`\`\`\`ts\n${example}\`\`\``)
  })

  it('names every fault', () => {
    expect(Object.keys(registryFaults).filter((name) => !readme.includes(`| \`${name}(`))).toEqual([])
  })

  it('lists every quirk of every profile with a source', () => {
    const listed: string[] = []
    let profile = ''
    for (const [, name, quirk] of readme.matchAll(
      /^\| (`[a-z0-9.-]+`)? *\| `(\w+)`: [^|]+ \| [^|]*\w[^|]* \|$/gm,
    )) {
      profile = name?.slice(1, -1) ?? profile
      listed.push(`${profile} ${quirk}`)
    }
    const quirks = Object.entries(registryProfiles).flatMap(([name, values]) =>
      Object.keys(values).map((quirk) => `${name} ${quirk}`),
    )
    expect(listed.sort()).toEqual(quirks.sort())
  })
})
