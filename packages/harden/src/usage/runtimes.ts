/** A language runtime whose programs load files that no static look at the program names. */
interface Runtime {
  readonly interpreter: RegExp
  /** Folders of its standard library and of installed distributions; kept whole when the interpreter is reached. */
  readonly folders: readonly RegExp[]
}

const runtimes: readonly Runtime[] = [
  {
    interpreter: /\/(?:python[23]?(?:\.\d+)?|pypy3?|libpython[23][\d.]*\.so[\d.]*)$/,
    folders: [/^\/usr\/(?:local\/)?lib\/(?:python[23](?:\.\d+)?|pypy3[^/]*)\//],
  },
  {
    interpreter: /\/(?:perl(?:5[\d.]*)?|libperl\.so[\d.]*)$/,
    folders: [
      /^\/usr\/(?:local\/)?(?:lib|share)\/(?:[^/]+-linux-gnu[^/]*\/)?perl(?:-base|5)?\//,
      /^\/etc\/perl\//,
    ],
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
    folders: [/^\/usr\/(?:lib|share)\/php[\d.]*\//, /^\/etc\/php\//],
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

/** Whether a file belongs to the runtime that `interpreter` starts; `undefined` when that is no interpreter. */
export function runtimeFiles(interpreter: string): ((path: string) => boolean) | undefined {
  const runtime = runtimes.find((candidate) => candidate.interpreter.test(interpreter))
  return runtime && ((path) => runtime.folders.some((folder) => folder.test(path)))
}
