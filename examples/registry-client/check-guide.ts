import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Fails unless each block of TypeScript in a document is exactly one file of the folder and, with `all`, each file is
 * shown.
 */
export async function checkGuide(
  document: string,
  folder: string,
  { all = false }: { readonly all?: boolean | undefined } = {},
): Promise<void> {
  const text = await readFile(document, 'utf8')
  const names = (await readdir(folder)).filter((name) => name.endsWith('.ts'))
  const files = new Map<string, string>()
  for (const name of names) files.set(await readFile(join(folder, name), 'utf8'), name)
  const shown = new Set<string>()
  for (const [, code = ''] of text.matchAll(/^```(?:ts|typescript)\n(.*?)^```$/gms)) {
    const name = files.get(code)
    if (name === undefined) throw new Error(`${document}: a block is no file of ${folder}:\n${code}`)
    shown.add(name)
  }
  const missing = all ? names.filter((name) => !shown.has(name)) : []
  if (missing.length > 0) throw new Error(`${document} does not show ${missing.join(', ')}`)
  if (shown.size === 0) throw new Error(`${document} shows no code`)
}
