/** Folders of libraries that an application is installed with, as against its own code. */
const libraryFolders =
  /\/(?:node_modules|(?:site|dist)-packages|vendor|python3(?:\.\d+)?|perl5?|perl-base|ruby|gems|nodejs)\//
const sources = /\.(?:py|[cm]?js|ts|rb|p[lm]|php|sh|bash|lua|tcl|class|[jwe]ar)$/

/** Whether a file is source code of an application, by its name, as against that of libraries installed for it. */
export const isOwnCode = (path: string): boolean => sources.test(path) && !isLibraryCode(path)

/** Whether a file lies among installed libraries. */
export const isLibraryCode = (path: string): boolean => libraryFolders.test(path)

/** Languages whose modules are followed by what imports them. */
export type ImportLanguage = 'python' | 'javascript' | 'perl'

/** The language of a source file, when it is one whose imports are read. */
export function importLanguageOf(
  path: string,
  interpreter: readonly string[] = [],
): ImportLanguage | undefined {
  if (/\.py[iw]?$/.test(path)) return 'python'
  if (/\.[cm]?jsx?$/.test(path)) return 'javascript'
  if (/\.(?:p[lm]|psgi|al)$/.test(path)) return 'perl'
  const program = interpreter.at(-1) ?? ''
  if (/(?:^|\/)(?:python|pypy)[\d.]*$/.test(program)) return 'python'
  if (/(?:^|\/)node(?:js)?$/.test(program)) return 'javascript'
  return /(?:^|\/)perl[\d.]*$/.test(program) ? 'perl' : undefined
}
