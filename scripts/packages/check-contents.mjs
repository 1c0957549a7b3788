import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What is wrong with the files and fields of a package as npm installed it. `expected` says which licence, place and
 * engines all packages have.
 */
export function checkContents(folder, short, expected) {
  const problems = []
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((file) => !file.startsWith('node_modules'))
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

  for (const file of ['LICENSE', 'README.md']) if (!files.includes(file)) problems.push(`no ${file}`)
  const known =
    /^(?:LICENSE|NOTICE|README\.md|package\.json|schemas\/[-a-z]+\.json|dist\/.+\.(?:js|js\.map|d\.ts))$/
  for (const file of files) if (!known.test(file)) problems.push(`${file} has no place in it`)

  // An entry leads to files that are there; nothing leads to our sources.
  for (const [entry, target] of Object.entries(manifest.exports)) {
    const targets = typeof target === 'string' ? { default: target } : target
    if (typeof target !== 'string' && targets.types === undefined) problems.push(`${entry} has no types`)
    for (const [condition, path] of Object.entries(targets)) {
      if (!['types', 'default'].includes(condition)) problems.push(`${entry} has the condition ${condition}`)
      if (!files.includes(path.slice(2))) problems.push(`${entry}: ${path} is not in it`)
    }
  }

  // A debugger finds the code without our repository, and no code of others is inside, which would need its licence.
  for (const file of files.filter((file) => file.endsWith('.js'))) {
    if (!existsSync(join(folder, `${file}.map`))) {
      problems.push(`${file} has no source map`)
      continue
    }
    const { sources, sourcesContent = [] } = JSON.parse(readFileSync(join(folder, `${file}.map`), 'utf8'))
    for (const [index, source] of sources.entries()) {
      if (typeof sourcesContent[index] !== 'string') problems.push(`${file}.map lacks the text of ${source}`)
      if (!source.startsWith('../src/')) problems.push(`${file} holds ${source}, which is not ours`)
    }
  }

  const same = (field, value, wanted) => {
    if (JSON.stringify(value) !== JSON.stringify(wanted))
      problems.push(`${field} is ${JSON.stringify(value)} instead of ${JSON.stringify(wanted)}`)
  }
  same('license', manifest.license, expected.license)
  same('type', manifest.type, 'module')
  same('sideEffects', manifest.sideEffects, false)
  same('engines', manifest.engines, expected.engines)
  same('homepage', manifest.homepage, expected.homepage)
  same('repository', manifest.repository, { ...expected.repository, directory: `packages/${short}` })
  if (!manifest.description) problems.push('no description')
  for (const field of ['dependencies', 'peerDependencies'])
    for (const [name, range] of Object.entries(manifest[field] ?? {}))
      if (/^(?:workspace|file|link):/.test(range)) problems.push(`${field}: ${name} is ${range}`)
  return problems
}
