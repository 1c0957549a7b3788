import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The blocks of code below a heading of the README, by language: `{ sh: […], ts: […] }`. */
export async function readBlocks(root, heading) {
  const text = await readFile(join(root, 'README.md'), 'utf8')
  const section = text.split(/^## /m).find((part) => part.startsWith(`${heading}\n`))
  if (section === undefined) throw new Error(`README.md has no section "${heading}"`)
  const blocks = {}
  for (const [, language, code] of section.matchAll(/^```(\w+)\n(.*?)^```$/gms))
    blocks[language] = [...(blocks[language] ?? []), code]
  return blocks
}
