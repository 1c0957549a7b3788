import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Fails unless each block of code in a document is exactly one file of the folder, and each file is shown. Languages are
 * those of TypeScript when none are named.
 */
export async function checkGuide(
  document: string,
  folder: string,
  languages: readonly string[] = ['ts', 'typescript'],
): Promise<void> {
  const text = await readFile(document, 'utf8')
  const hidden = new Map<string, string>()
  for (const name of await readdir(folder)) hidden.set(await readFile(join(folder, name), 'utf8'), name)
  const blocks = new RegExp(`^\`\`\`(?:${languages.join('|')})\n(.*?)^\`\`\`$`, 'gms')
  for (const [, code = ''] of text.matchAll(blocks)) {
    if (!hidden.delete(code)) throw new Error(`${document}: a block is no file of ${folder}:\n${code}`)
  }
  if (hidden.size > 0) throw new Error(`${document} does not show ${[...hidden.values()].join(', ')}`)
}
