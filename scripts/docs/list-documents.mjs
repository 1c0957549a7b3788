import { existsSync, globSync, readFileSync, readdirSync, statSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'

const start = ['docs/start.md', 'docs/concepts.md']
const background = ['docs/accuracy.md', 'docs/comparisons.md', 'docs/threats.md']

/**
 * The documents of the site: what `docs/` holds, whatever that is, a list of the decisions, and a page for each example
 * with its files. `paths` are other places in the repository that links may name for the same page.
 */
export function listDocuments(root) {
  const files = readdirSync(join(root, 'docs'), { recursive: true })
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`)
  const order = (file) => {
    const at = [...start, ...background].indexOf(file)
    return at < 0 ? start.length : at
  }
  const documents = files
    .toSorted((a, b) => order(a) - order(b) || a.localeCompare(b))
    .map((file) => {
      const text = readFileSync(join(root, file), 'utf8')
      return { file, title: titleOf(text, file), group: groupOf(file), text }
    })
  return [...documents, listDecisions(documents), ...listExamples(root)]
}

function groupOf(file) {
  if (start.includes(file)) return 'Start'
  if (background.includes(file)) return 'Background'
  if (file.startsWith('docs/guides/')) return 'Guides'
  return file.startsWith('docs/decisions/') ? 'Decisions' : 'References'
}

function titleOf(text, file) {
  const [, title] = /^# (.+)$/m.exec(text) ?? []
  if (title === undefined) throw new Error(`${file} has no heading`)
  return title.replaceAll('`', '')
}

function listDecisions(documents) {
  const lines = documents
    .filter(({ group }) => group === 'Decisions')
    .map(({ file, title }) => `- [${title}](${file.slice('docs/decisions/'.length)})`)
  return {
    file: 'docs/decisions/index.md',
    title: 'All decisions',
    group: 'Decisions',
    text: `# Decisions\n\nWhy some things are as they are.\n\n${lines.join('\n')}\n`,
    paths: ['docs/decisions'],
  }
}

const languages = {
  '.ts': 'typescript',
  '.mjs': 'javascript',
  '.yaml': 'yaml',
  '.yml': 'yaml',
  '.sh': 'bash',
  '.json': 'json',
}
const languageOf = (file) => (basename(file) === 'Dockerfile' ? 'dockerfile' : languages[extname(file)])

function listExamples(root) {
  const folder = join(root, 'examples')
  const examples = readdirSync(folder).filter((name) => statSync(join(folder, name)).isDirectory())
  const readmes = ['', ...examples.map((name) => `${name}/`)]
    .map((path) => `examples/${path}README.md`)
    .filter((file) => existsSync(join(root, file)))
    .map((file) => {
      const text = readFileSync(join(root, file), 'utf8')
      return { file, title: titleOf(text, file), group: 'Examples', text }
    })
  const pages = examples.flatMap((name) => {
    // Links in node_modules lead around in circles.
    const files = globSync(['**/*', '**/.*', '.*/**/*'], {
      cwd: join(folder, name),
      exclude: (path) => path.endsWith('node_modules'),
    })
      .filter((file) => languageOf(file) && !/(?:^|\/)(?:package|tsconfig|advisories)\.json$/.test(file))
      .toSorted()
    if (files.length === 0) return []
    const parts = files.map((file) => {
      const code = readFileSync(join(folder, name, file), 'utf8').trimEnd()
      return `## ${file}\n\n\`\`\`\`${languageOf(file)}\n${code}\n\`\`\`\`\n`
    })
    const paths = new Set([`examples/${name}`])
    for (const file of files)
      for (let path = file; path !== '.'; path = dirname(path)) paths.add(`examples/${name}/${path}`)
    const text = `# Example: ${name}\n\nThe files of \`examples/${name}\`, as CI runs or type-checks them.\n\n${parts.join('\n')}`
    return [
      { file: `examples/${name}.md`, title: `Example: ${name}`, group: 'Examples', text, paths: [...paths] },
    ]
  })
  return [...readmes, ...pages]
}
