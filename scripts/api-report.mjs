// Compares the public types of each built package with its report packages/NAME/etc/NAME.api.md (further entries:
// NAME.ENTRY.api.md). A difference fails; with --update the reports are written anew. An export or a member of one
// without a doc comment fails, too.
import { existsSync, mkdirSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor'

const root = fileURLToPath(new URL('..', import.meta.url))
const update = process.argv.includes('--update')

/** The messages that say something about the types themselves; what comments say is ours to judge in a review. */
const messages = {
  compilerMessageReporting: { default: { logLevel: ExtractorLogLevel.Error } },
  extractorMessageReporting: {
    default: { logLevel: ExtractorLogLevel.Warning, addToApiReportFile: true },
    'ae-missing-release-tag': { logLevel: ExtractorLogLevel.None },
    'ae-unresolved-link': { logLevel: ExtractorLogLevel.None },
    'ae-undocumented': { logLevel: ExtractorLogLevel.Error },
  },
  tsdocMessageReporting: { default: { logLevel: ExtractorLogLevel.None } },
}

const compilerOptions = {
  target: 'ES2022',
  lib: ['ES2022', 'ESNext.Disposable'],
  module: 'NodeNext',
  moduleResolution: 'NodeNext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
}

function entriesOf(folder) {
  const { exports } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  return Object.values(exports).flatMap(({ types }) =>
    types === undefined ? [] : [types.slice('./dist/'.length, -'.d.ts'.length)],
  )
}

/** Returns what is wrong with the report of one entry, or `undefined`. */
function compare(name, entry) {
  const folder = join(root, 'packages', name)
  const mainEntryPointFilePath = join(folder, 'dist', `${entry}.d.ts`)
  const reportFileName = entry === 'index' ? `${name}.api.md` : `${name}.${entry}.api.md`
  if (!existsSync(mainEntryPointFilePath)) return 'not built'
  mkdirSync(join(folder, 'etc'), { recursive: true })
  const problems = []
  const result = Extractor.invoke(
    ExtractorConfig.prepare({
      configObject: {
        projectFolder: folder,
        mainEntryPointFilePath,
        compiler: { overrideTsconfig: { compilerOptions, files: [mainEntryPointFilePath] } },
        apiReport: {
          enabled: true,
          reportFileName,
          reportFolder: join(folder, 'etc'),
          reportTempFolder: join(root, 'temp', 'api'),
        },
        docModel: { enabled: false },
        dtsRollup: { enabled: false },
        tsdocMetadata: { enabled: false },
        newlineKind: 'lf',
        messages,
      },
      configObjectFullPath: undefined,
      packageJsonFullPath: join(folder, 'package.json'),
    }),
    {
      localBuild: update,
      messageCallback: (message) => {
        message.handled = true
        if (message.logLevel === ExtractorLogLevel.Error)
          problems.push(message.formatMessageWithLocation(folder))
      },
    },
  )
  if (result.apiReportChanged && !update)
    problems.push(`etc/${reportFileName} differs: npm run packages:check -- --update`)
  return problems.length > 0 ? problems.join('\n') : undefined
}

let failed = false
for (const name of readdirSync(join(root, 'packages')).sort()) {
  for (const entry of entriesOf(join(root, 'packages', name))) {
    const problem = compare(name, entry)
    if (problem === undefined) continue
    process.stdout.write(`${name} (${entry}): ${problem}\n`)
    failed = true
  }
}
process.exitCode = failed ? 1 : 0
