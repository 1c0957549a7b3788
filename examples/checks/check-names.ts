import { readFile } from 'node:fs/promises'

/** Fails unless a document has each name in code, such as all that a package exports. */
export async function checkNames(document: string, names: readonly string[]): Promise<void> {
  const text = await readFile(document, 'utf8')
  const missing = names.filter((name) => !new RegExp(`\`[^\`\n]*(?<![\\w-])${name}(?![\\w-])`).test(text))
  if (missing.length > 0) throw new Error(`${document} does not name ${missing.join(', ')}`)
}

/** The texts of a union type, such as codes of errors; `source` is the file that exports it. */
export async function readUnion(source: string, type: string): Promise<readonly string[]> {
  const code = (await readFile(source, 'utf8')).replaceAll(/\/\*\*.*?\*\//gs, '')
  const [, union = ''] = new RegExp(`export type ${type} =(.*?)(?:\n\n|$)`, 's').exec(code) ?? []
  const texts = Array.from(union.matchAll(/'([\w-]+)'/g), ([, text = '']) => text)
  if (texts.length === 0) throw new Error(`${source} declares no texts of ${type}`)
  return texts
}
