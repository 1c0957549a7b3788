import type { FileTree } from '@sallyport/image'
import type { AddEdge } from './edge-context.ts'
import type { ImportLanguage } from './source-code.ts'

/** A language runtime whose programs load files that no static look at the program names. */
interface Runtime {
  readonly interpreter: RegExp
  /** Folders of its standard library and of installed distributions; kept whole when the interpreter is reached. */
  readonly folders: readonly RegExp[]
  /**
   * Folders of distributions that come with programs of the system too: kept whole when there is an application in
   * the language, and by what imports them otherwise.
   */
  readonly shared?: { readonly language: ImportLanguage; readonly folders: readonly RegExp[] } | undefined
}

const runtimes: readonly Runtime[] = [
  {
    interpreter: /\/(?:python[23]?(?:\.\d+)?|pypy3?|libpython[23][\d.]*\.so[\d.]*)$/,
    folders: [/^\/usr\/(?:local\/)?lib\/(?:python[23](?:\.\d+)?|pypy3[^/]*)\//],
  },
  {
    interpreter: /\/(?:perl(?:5[\d.]*)?|libperl\.so[\d.]*)$/,
    folders: [
      /^\/usr\/(?:local\/)?(?:lib|share)\/(?:[^/]+-linux-gnu[^/]*\/)?perl(?:-base)?\//,
      // Alpine's and Red Hat's perl have all of theirs below perl5.
      /^\/usr\/(?:lib|share)(?:64)?\/perl5\/(?:core_perl|[A-Za-z]+\.p[lm]$)/,
      /^\/etc\/perl\//,
    ],
    shared: {
      language: 'perl',
      folders: [/^\/usr\/(?:local\/)?(?:lib|share)(?:64)?\/(?:[^/]+-linux-gnu[^/]*\/)?perl5\//],
    },
  },
  {
    interpreter: /\/(?:node(?:js)?|libnode\.so[\d.]*)$/,
    folders: [/^\/usr\/(?:local\/)?(?:lib|share)\/(?:[^/]+-linux-gnu[^/]*\/)?(?:node_modules|nodejs)\//],
  },
  {
    interpreter: /\/(?:ruby[\d.]*|libruby[^/]*\.so[\d.]*)$/,
    folders: [
      /^\/usr\/(?:local\/)?(?:lib|share)\/(?:[^/]+-linux-gnu[^/]*\/)?(?:ruby|rubygems-integration)\//,
      /^\/var\/lib\/gems\//,
    ],
  },
  {
    interpreter: /\/(?:php(?:-fpm|-cgi)?[\d.]*|libphp[^/]*\.so[\d.]*)$/,
    folders: [
      /^\/usr\/share\/php[\d.]*\//,
      // Extensions and libraries; beside them are scripts and templates for maintainer scripts and cron.
      /^\/usr\/lib(?:64)?\/php[\d.]*\/(?:(?:\d{8}[^/]*|modules|extensions)\/|.*\.(?:php|inc|phar)$)/,
      /^\/etc\/php\//,
    ],
  },
  {
    interpreter: /\/jvm\/[^/]+\/(?:.*\/)?(?:java|libj(?:vm|li)\.so)$/,
    folders: [/^\/usr\/lib\/jvm\//, /^\/etc\/java[^/]*\//],
  },
  {
    interpreter: /\/erlang\/.*\/(?:beam(?:\.smp)?|erlexec|erl)$/,
    folders: [/^\/usr\/(?:local\/)?lib\/erlang\//],
  },
  {
    interpreter: /\/(?:dotnet|libhostfxr\.so)$/,
    folders: [/^\/usr\/(?:lib|share)\/dotnet\//],
  },
  {
    interpreter: /\/(?:tclsh[\d.]*|wish[\d.]*|libtcl[\d.]*\.so[\d.]*)$/,
    folders: [/^\/usr\/(?:lib|share)\/(?:[^/]+-linux-gnu[^/]*\/)?(?:tcltk|tcl[\d.]*)\//],
  },
  {
    interpreter: /\/(?:lua(?:jit)?[\d.]*|liblua[^/]*\.so[\d.]*)$/,
    folders: [/^\/usr\/(?:local\/)?(?:lib|share)\/(?:[^/]+-linux-gnu[^/]*\/)?lua\//],
  },
]

/** Whether a program or library runs source code of a language. */
export const isInterpreter = (path: string): boolean =>
  runtimes.some(({ interpreter }) => interpreter.test(path))

/** Edges of an interpreter to its whole standard library, and to the modules that it loads when it starts. */
export function addRuntime(tree: FileTree, path: string, add: AddEdge): void {
  const runtime = runtimes.find(({ interpreter }) => interpreter.test(path))
  if (!runtime) return
  for (const file of pythonStart(path)) {
    const node = tree.resolve(file)
    if (node?.type === 'file') add('runtime', true, node.path, 'loaded at start')
  }
  addFolders(tree, runtime.folders, add)
}

/** Edges of an application's source code to the distributions of its language. */
export function addRuntimeOfSource(
  tree: FileTree,
  path: string,
  language: ImportLanguage | undefined,
  add: AddEdge,
): void {
  const shared = runtimes.find((runtime) => language && runtime.shared?.language === language)?.shared
  if (shared && !shared.folders.some((folder) => folder.test(path))) addFolders(tree, shared.folders, add)
}

function addFolders(tree: FileTree, folders: readonly RegExp[], add: AddEdge): void {
  for (const { path, type } of tree.entries()) {
    if (type !== 'directory' && !path.endsWith('.pyc') && folders.some((folder) => folder.test(path)))
      add('runtime', false, path)
  }
}

const startModules = ['encodings/__init__', 'encodings/utf_8', 'codecs', 'io', 'abc', 'site', 'os']

/** What Python imports before it runs anything (python(1), site). */
function pythonStart(path: string): readonly string[] {
  const [, prefix, version] = /^(.*)\/bin\/python(3\.\d+)$/.exec(path) ?? []
  return version === undefined ? [] : startModules.map((name) => `${prefix}/lib/python${version}/${name}.py`)
}
