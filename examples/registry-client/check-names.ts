import { readFile } from 'node:fs/promises'
import * as oci from '@sallyport/oci'

/** Fails unless a document names every function and class of `@sallyport/oci`. */
export async function checkExports(document: string): Promise<void> {
  await checkNames(document, Object.keys(oci))
}

/** Fails unless a document names every code of `OciError`; `source` is where they are declared. */
export async function checkErrorCodes(document: string, source: string): Promise<void> {
  const [, union = ''] = /export type OciErrorCode =\n(.*?)\n\n/s.exec(await readFile(source, 'utf8')) ?? []
  const codes = Array.from(union.matchAll(/\| '([A-Z_]+)'/g), ([, code = '']) => code)
  if (codes.length === 0) throw new Error(`${source} declares no codes`)
  await checkNames(document, codes)
}

async function checkNames(document: string, names: readonly string[]): Promise<void> {
  const text = await readFile(document, 'utf8')
  const missing = names.filter((name) => !new RegExp(`\`[^\`\n]*\\b${name}\\b`).test(text))
  if (missing.length > 0) throw new Error(`${document} does not name ${missing.join(', ')}`)
}
