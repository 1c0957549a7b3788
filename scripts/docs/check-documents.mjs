// Checks documents without building the site: each block of TypeScript is a file that CI runs or type-checks, each command is one
// that CI runs, docs/errors.md has exactly the codes that there are, and docs/policy-schema.md is of today.
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { commands } from '../../packages/cli/src/command-table.ts'
import { parseCommandLine } from '../../packages/cli/src/parse-command-line.ts'
import { policyJsonSchema, waiversJsonSchema } from '../../packages/policy/src/index.ts'
import { describeSchema } from './describe-schema.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (file) => readFileSync(join(root, file), 'utf8')
const glob = (pattern) =>
  globSync(pattern, { cwd: root, exclude: (path) => /(?:^|\/)(?:node_modules|dist)$/.test(path) }).toSorted()

const documents = ['README.md', ...glob('docs/**/*.md'), ...glob('packages/*/README.md')]
const problems = []
await checkBlocks()
checkErrors()
checkSchema()
for (const problem of problems) process.stdout.write(`${problem}\n`)
process.exitCode = problems.length > 0 ? 1 : 0

async function checkBlocks() {
  const examples = new Set(
    [...glob('examples/**/*.{ts,yaml,json}'), ...glob('packages/*/src/**/example.test.ts')].map(read),
  )
  for (const document of documents) {
    for (const [block, language, code] of read(document).matchAll(/^```(\w*)\n(.*?)^```$/gms)) {
      const first = block.split('\n').slice(0, 3).join('\n')
      if (/^(?:ts|typescript)$/.test(language) && !examples.has(code))
        problems.push(`${document}: a block is no file of examples/:\n${first}`)
      if (language === 'sh') await checkCommands(document, code)
      if (!['', 'ts', 'typescript', 'sh', 'yaml', 'json', 'text', 'rego'].includes(language))
        problems.push(`${document}: nobody checks blocks of ${language}:\n${first}`)
    }
  }
}

/** What runs the commands of a document as they stand there. */
async function checkCommands(document, code) {
  const runners = {
    'README.md': 'scripts/newcomer/read-commands.mjs',
    'docs/guides/signing.md': 'test/interop/signing-guide.test.ts',
  }
  if (runners[document] !== undefined) return
  const programs = new Set(glob('examples/*/guide/*.ts').map((file) => file.split('/').at(-1)))
  const names = new Set(glob('packages/*/package.json').map((file) => JSON.parse(read(file)).name))
  const isKnown = (name) =>
    name.startsWith('--') ||
    names.has(name) ||
    read('pnpm-lock.yaml').includes(`  ${name}@`) ||
    read('pnpm-lock.yaml').includes(`  '${name}@`)
  const lines = code
    .replaceAll(/\\\n\s*/g, '')
    .trim()
    .split('\n')
  for (const line of lines.filter((text) => !text.startsWith('# '))) {
    const [program, ...rest] = line.split(/\s+/)
    const runs =
      // Each package is installed by `npm run packages:check`.
      (program === 'npm' && rest[0] === 'install' && rest.slice(1).every(isKnown)) ||
      // The example of the guide runs its programs.
      (program === 'node' && programs.has(rest[0])) ||
      // Each command of the table is run by test/cli; that these options are its own is seen here.
      (program === 'sallyport' && (await isCommandLine(line))) ||
      // Programs that it prints are run by test/cli, too, and completion by bash.
      line === 'node promote.ts' ||
      line === 'source <(sallyport completion bash)' ||
      // Takes a cluster, which CI lacks; what it prints is read by tests.
      (program === 'kubectl' && rest[0] === 'get')
    if (!runs) problems.push(`${document}: CI does not run ${line}`)
  }
}

/** Whether the command line takes this, without what a shell does with its output. */
async function isCommandLine(line) {
  const words = line
    .split(/ [<>] /)[0]
    .match(/'[^']*'|\S+/g)
    .slice(1)
  try {
    const argv = words.map((word) => word.replaceAll("'", ''))
    return (await parseCommandLine(argv, commands, { version: '0.0.0', columns: 100 })).kind === 'run'
  } catch {
    return false
  }
}

/** Compares the codes of each package's union with the table of docs/errors.md below the name of its class. */
function checkErrors() {
  const page = read('docs/errors.md')
  const classes = new Set()
  for (const file of glob('packages/*/src/errors.ts')) {
    const source = read(file)
    const code = source.replaceAll(/\/\*\*.*?\*\//gs, '')
    const name = /export class (\w+) extends SallyportError/.exec(code)?.[1]
    const union = new RegExp(`export type ${name}Code =(.*?)(?:\\n\\n|$)`, 's').exec(code)?.[1]
    if (!name || !union) {
      problems.push(`${file} declares no class with codes`)
      continue
    }
    classes.add(name)
    const codes = new Set(Array.from(union.matchAll(/'([A-Z_\d]+)'/g), ([, text]) => text))
    const section = page.split(/^## /m).find((part) => part.startsWith(`${name}\n`)) ?? ''
    const rows = Array.from(section.matchAll(/^\| `([A-Z_\d]+)` +\| (.*?) +\| (.*?) +\|$/gm))
    const listed = new Set(rows.map(([, code]) => code))
    for (const item of codes) if (!listed.has(item)) problems.push(`docs/errors.md has no ${item} of ${name}`)
    for (const [, item, what, advice] of rows) {
      if (!codes.has(item)) problems.push(`docs/errors.md: ${name} has no code ${item}`)
      if (what.length < 10 || advice.length < 10)
        problems.push(`docs/errors.md says too little of ${item} of ${name}`)
    }
  }
  for (const [, name] of page.matchAll(/^## (\w+)$/gm))
    if (!classes.has(name)) problems.push(`docs/errors.md: no package throws ${name}`)
}

/** Compares docs/policy-schema.md with what the schemas say today; with --update it is written anew. */
function checkSchema() {
  const file = 'docs/policy-schema.md'
  const text = describeSchema({ 'gate.yaml': policyJsonSchema(), 'waivers.yaml': waiversJsonSchema() })
  if (process.argv.includes('--update')) writeFileSync(join(root, file), text)
  else if (read(file) !== text) problems.push(`${file} is not of today: npm run docs -- --update`)
}
