import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { checkGuide } from './check-guide.ts'
import { checkLinks } from './check-links.ts'
import { checkNames, readUnion } from './check-names.ts'

/** A package with a guide, and the example that runs it. */
export interface DocumentedPackage {
  /** Name of the package's folder, of its guide and, where there is one, of its reference. */
  readonly name: string
  /** Folder of the example: its `guide`, `readme` and, where there are any, `documents` hold the blocks of code. */
  readonly example: string
  /** Name of the union of its error codes. */
  readonly errorCodes: string
  /** Imports one of its entry points: `''`, `/report`, and so on. */
  readonly load: (entry: string) => Promise<object>
}

const root = join(import.meta.dirname, '..', '..')

/** Fails unless guide, reference and README show what is run, name all that there is, and lead somewhere. */
export async function checkPackage({ name, example, errorCodes, load }: DocumentedPackage): Promise<void> {
  const folder = join(root, 'packages', name)
  const guide = join(root, 'docs', 'guides', `${name}.md`)
  const readme = join(folder, 'README.md')
  await checkGuide(guide, join(example, 'guide'))
  const documents = join(example, 'documents')
  if (existsSync(documents)) await checkGuide(guide, documents, ['yaml'])
  await checkGuide(readme, join(example, 'readme'))
  const reference = join(root, 'docs', `${name}.md`)
  for (const document of [guide, readme, ...(existsSync(reference) ? [reference] : [])])
    await checkLinks(document)
  const {
    dependencies,
    peerDependencies = {},
    exports,
  } = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as {
    readonly dependencies: object
    readonly peerDependencies?: object
    readonly exports: object
  }
  for (const entry of Object.keys(exports).filter((key) => key !== './package.json'))
    await checkNames(readme, Object.keys(await load(entry.slice(1))))
  await checkNames(readme, await readUnion(join(folder, 'src', 'errors.ts'), errorCodes))
  const ours = Object.keys(dependencies).filter((key) => !key.startsWith('@sallyport/'))
  await checkNames(readme, [...ours, ...Object.keys(peerDependencies)])
}
