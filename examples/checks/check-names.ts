import { readFile } from 'node:fs/promises'

/** Fails unless a document, or one of several, has each name in code, such as all that a package exports. */
export async function checkNames(
  documents: string | readonly string[],
  names: readonly string[],
): Promise<void> {
  const files = typeof documents === 'string' ? [documents] : documents
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  // A generated list names everything; it explains nothing.
  const text = texts.join('\n').replaceAll(/<!-- exports: begin -->.*?<!-- exports: end -->/gs, '')
  const missing = names.filter((name) => !new RegExp(`\`[^\`\n]*(?<![\\w-])${name}(?![\\w-])`).test(text))
  if (missing.length > 0) throw new Error(`${files.join(', ')} do not name ${missing.join(', ')}`)
}

/**
 * The texts of a union, such as codes of errors, in the file that exports it: of a type by its name, or of a property
 * of an interface, `Interface.property`.
 */
export async function readUnion(source: string, name: string): Promise<readonly string[]> {
  const code = (await readFile(source, 'utf8')).replaceAll(/\/\*\*.*?\*\//gs, '')
  const [type, property] = name.split('.')
  const pattern =
    property === undefined
      ? `export type ${type} =(.*?)(?:\n\n|$)`
      : `export interface ${type} \\{[^}]*?readonly ${property}:(.*?)\n  readonly `
  const [, union = ''] = new RegExp(pattern, 's').exec(code) ?? []
  const texts = Array.from(union.matchAll(/'([\w-]+)'/g), ([, text = '']) => text)
  if (texts.length === 0) throw new Error(`${source} declares no texts of ${name}`)
  return texts
}
