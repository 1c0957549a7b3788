// Builds the documentation site from docs/, the READMEs, the examples and the doc comments: static pages in .docs/ with a
// search that runs in the browser. A warning fails it: a link in a comment or document that leads nowhere, a type that
// an export uses and its package keeps to itself.
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import {
  Application,
  Converter,
  MinimalSourceFile,
  ReflectionKind,
  StructureRouter,
  TSConfigReader,
} from 'typedoc'
import { checkExports } from './check-exports.mjs'
import { checkSite } from './check-site.mjs'
import { listDocuments } from './list-documents.mjs'

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '')
const out = join(root, '.docs')

const entries = readdirSync(join(root, 'packages')).flatMap((folder) => {
  const { name, exports } = JSON.parse(readFileSync(join(root, 'packages', folder, 'package.json'), 'utf8'))
  return Object.entries(exports).flatMap(([path, target]) =>
    target.types
      ? [
          {
            name: name + path.slice(1),
            folder,
            source: join(root, 'packages', folder, target['@sallyport/source']),
          },
        ]
      : [],
  )
})
const bySource = new Map(entries.map((entry) => [entry.source, entry]))

/** Pages have the places that their sources have: docs/guides/gate.html, @sallyport/gate/report/renderHtml.html. */
let router
class SourceRouter extends StructureRouter {
  constructor(application) {
    super(application)
    router = this
  }

  getIdealBaseName(reflection) {
    const file = reflection.isDocument?.()
      ? reflection.project.files.getReflectionPath(reflection)
      : undefined
    return file ? file.slice(root.length + 1).replace(/\.md$/, '') : super.getIdealBaseName(reflection)
  }
}

const app = await Application.bootstrap(
  {
    name: 'Sallyport',
    entryPoints: entries.map(({ source }) => source),
    tsconfig: join(root, 'tsconfig.json'),
    basePath: root,
    readme: join(root, 'README.md'),
    out,
    router: 'source',
    alwaysCreateEntryPointModule: true,
    // `npm run check` has checked the types.
    skipErrorChecking: true,
    excludeInternal: true,
    excludePrivate: true,
    disableSources: true,
    hideGenerator: true,
    githubPages: false,
    searchInDocuments: true,
    searchInComments: true,
    navigation: {
      includeGroups: true,
      includeCategories: false,
      includeFolders: false,
      compactFolders: false,
    },
    groupOrder: ['Start', 'Guides', 'References', 'Background', 'Modules', 'Examples', 'Decisions', '*'],
    searchGroupBoosts: { Start: 2, Guides: 1.5, References: 1.5, Examples: 0.5 },
    customCss: join(import.meta.dirname, 'site.css'),
    navigationLinks: {},
    highlightLanguages: ['typescript', 'javascript', 'bash', 'yaml', 'json', 'text', 'dockerfile', 'console'],
    sort: ['kind', 'alphabetical-ignoring-documents'],
    validation: {
      notExported: true,
      invalidLink: true,
      invalidPath: true,
      rewrittenLink: true,
      notDocumented: false,
    },
  },
  [new TSConfigReader()],
)
app.renderer.defineRouter('source', SourceRouter)

app.converter.on(Converter.EVENT_BEGIN, ({ project }) => {
  for (const { file, title, group, text, paths = [] } of listDocuments(root)) {
    const front = `---\ngroup: ${group}\n---\n\n`
    app.converter.addDocument(project, new MinimalSourceFile(front + text, join(root, file)), title)
    const document = project.documents.at(-1)
    for (const path of paths) project.files.registerReflectionPath(join(root, path), document)
  }
})

app.converter.on(Converter.EVENT_CREATE_DECLARATION, ({ project }, reflection) => {
  if (!reflection.kindOf(ReflectionKind.Module)) return
  const source =
    project.getSymbolIdFromReflection?.(reflection)?.fileName ?? reflection.sources?.[0]?.fullFileName
  const entry = bySource.get(source)
  if (!entry) throw new Error(`${reflection.name} is no entry of a package`)
  reflection.name = entry.name
  if (entry.name.split('/').length > 2) return
  // A package is its main entry; its README says what it is for.
  const readme = join(root, 'packages', entry.folder, 'README.md')
  const { content } = app.converter.parseRawComment(
    new MinimalSourceFile(readFileSync(readme, 'utf8'), readme),
    project.files,
  )
  reflection.readme = content
  for (const path of [readme, dirname(readme)]) project.files.registerReflectionPath(path, reflection)
})

const project = await app.convert()
if (!project) process.exit(1)
app.validate(project)
await app.generateDocs(project, out)
const site = await checkSite(out)
const problems = [...checkExports(root, entries, project, router), ...site.problems]
for (const problem of problems) process.stdout.write(`${problem}\n`)
const failed = problems.length + app.logger.errorCount + app.logger.warningCount
process.stdout.write(
  `.docs/index.html: ${entries.length} entries, ${site.pages} pages, ${site.links} links, ${failed} problems\n`,
)
process.exitCode = failed > 0 || site.links === 0 ? 1 : 0
