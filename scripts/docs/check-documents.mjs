// Checks documents without building the site: each block of TypeScript is a file that CI runs or type-checks, each command is one
// that CI runs (`--table` says where), docs/errors.md has exactly the codes that there are, each package's README lists its
// exports and installs what its code imports, and docs/policy-schema.md is of today.
import { globSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { policyJsonSchema, waiversJsonSchema } from '../../packages/policy/src/index.ts'
import { describeSchema } from './describe-schema.mjs'
import { exportsOf } from './read-exports.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url))
const read = (file) => readFileSync(join(root, file), 'utf8')
const glob = (pattern) =>
  globSync(pattern, { cwd: root, exclude: (path) => /(?:^|\/)(?:node_modules|dist)$/.test(path) }).toSorted()

const documents = ['README.md', ...glob('docs/**/*.md'), ...glob('packages/*/README.md')]
const problems = []
const update = process.argv.includes('--update')
const [begin, end] = ['<!-- exports: begin -->', '<!-- exports: end -->']
/**
 * What runs a command as it stands in its document: who reads the blocks of a document runs all of them; other commands are
 * named by who starts them.
 */
const runners = [
  {
    runs: (document, line) => document !== 'README.md' && line.startsWith('npm install '),
    by: 'examples/installs/main.ts',
    proof: 'npm install ',
  },
  {
    runs: (document, line) =>
      document === 'README.md' &&
      ['Ten minutes', 'A gate of your own'].some((title) =>
        read(document)
          .split(/^## /m)
          .find((part) => part.startsWith(`${title}\n`))
          ?.includes(line),
      ),
    by: 'scripts/newcomer/read-commands.mjs',
    proof: 'README.md',
  },
  {
    runs: (document) => document === 'docs/guides/signing.md',
    by: 'test/interop/signing-guide.test.ts',
    proof: 'signing.md',
  },
  {
    runs: (document) => document === 'docs/guides/cli.md' || document === 'packages/cli/README.md',
    by: 'test/cli/guide.test.ts',
    proof: 'docs/guides/cli.md',
  },
  // What other guides take over from that of the command line.
  {
    runs: (_, line) => line.startsWith('sallyport ') && commandsOf('docs/guides/cli.md').includes(line),
    by: 'test/cli/guide.test.ts',
    proof: 'docs/guides/cli.md',
  },
  {
    runs: (document, line) => document === 'docs/guides/audit.md' && line === 'node audit.ts prod.example',
    by: 'examples/audit/main.ts',
    proof: "run('audit.ts', registry)",
  },
  // Takes a cluster, which CI lacks; what it prints is read by tests.
  {
    runs: (document, line) =>
      document === 'docs/guides/audit.md' && line === 'kubectl get pods,deployments -A -o json > pods.json',
    by: 'nobody',
  },
]
/** By document and runner, how many commands. */
const counts = new Map()

checkBlocks()
checkErrors()
checkSchema()
checkExportLists()
checkInstalls()
for (const problem of problems) process.stdout.write(`${problem}\n`)
if (process.argv.includes('--table')) printCommands()
process.exitCode = problems.length > 0 ? 1 : 0

function checkBlocks() {
  const examples = new Set(
    [...glob('examples/**/*.{ts,yaml,json}'), ...glob('packages/*/src/**/example.test.ts')].map(read),
  )
  for (const document of documents) {
    for (const [block, language, code] of read(document).matchAll(/^```(\w*)\n(.*?)^```$/gms)) {
      const first = block.split('\n').slice(0, 3).join('\n')
      if (/^(?:ts|typescript)$/.test(language) && !examples.has(code))
        problems.push(`${document}: a block is no file of examples/:\n${first}`)
      if (language === 'sh') checkCommands(document, code)
      if (!['', 'ts', 'typescript', 'sh', 'yaml', 'json', 'text', 'rego'].includes(language))
        problems.push(`${document}: nobody checks blocks of ${language}:\n${first}`)
    }
  }
}

function linesOf(code) {
  const lines = code.replaceAll(/\\\n\s*/g, '').trim()
  return lines.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('# '))
}

function commandsOf(document) {
  return Array.from(read(document).matchAll(/^```sh\n(.*?)^```$/gms), ([, code]) => linesOf(code)).flat()
}

/** Finds who runs each command; the runner has to name what it reads. */
function checkCommands(document, code) {
  for (const line of linesOf(code)) {
    const runner = runners.find(({ runs }) => runs(document, line))
    if (!runner) problems.push(`${document}: CI does not run ${line}`)
    else if (runner.proof && !read(runner.by).includes(runner.proof))
      problems.push(`${runner.by} does not say ${runner.proof}, so nobody runs ${line}`)
    else {
      const key = `${document}\n${runner.by}`
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
  }
}

/** `--table`: which document has how many commands, and who runs them. */
function printCommands() {
  const rows = Array.from(counts, ([key, count]) => [...key.split('\n'), count])
  process.stdout.write('document · commands · run by\n')
  for (const [document, by, count] of rows) process.stdout.write(`${document} · ${count} · ${by}\n`)
  process.stdout.write(`${rows.reduce((sum, [, , count]) => sum + count, 0)} commands\n`)
}

/** Compares the list of exports at the end of each package's README with its API reports; with --update it is written anew. */
function checkExportLists() {
  for (const file of glob('packages/*/package.json')) {
    const { name, exports } = JSON.parse(read(file))
    const folder = file.split('/')[1]
    const parts = Object.entries(exports)
      .filter(([, target]) => target.types)
      .map(([path]) => {
        const entry = path.slice(2)
        const report = read(`packages/${folder}/etc/${entry === '' ? folder : `${folder}.${entry}`}.api.md`)
        const names = [...exportsOf(report)].toSorted().map((item) => `\`${item}\``)
        return `From \`${name}${path.slice(1)}\`: ${names.join(', ')}.`
      })
    const list = `${begin}\n\n${parts.join('\n\n')}\n\n${end}`
    const readme = `packages/${folder}/README.md`
    const text = read(readme)
    const old =
      text.indexOf(begin) < 0 ? undefined : text.slice(text.indexOf(begin), text.indexOf(end) + end.length)
    if (old === list) continue
    if (!update) problems.push(`the exports of ${readme} are not of today: npm run docs -- --update`)
    else
      writeFileSync(
        join(root, readme),
        old === undefined ? `${text}\n## Exports\n\n${list}\n` : text.replace(old, () => list),
      )
  }
}

/** What the code of a README imports of ours has to be in its `npm install`: npm would find some of it by chance, pnpm nothing. */
function checkInstalls() {
  for (const document of documents.filter((file) => file.endsWith('README.md'))) {
    const installed = commandsOf(document)
      .filter((line) => line.startsWith('npm install '))
      .flatMap((line) => line.split(' '))
    const code = Array.from(read(document).matchAll(/^```ts\n(.*?)^```$/gms), ([, block]) => block).join('')
    const imported = new Set(Array.from(code.matchAll(/ from '(@sallyport\/[^/']+)/g), ([, name]) => name))
    for (const name of imported)
      if (!installed.includes(name)) problems.push(`${document} imports ${name} and does not install it`)
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
  if (update) writeFileSync(join(root, file), text)
  else if (read(file) !== text) problems.push(`${file} is not of today: npm run docs -- --update`)
}
