import type { ImportLanguage } from '../source-code.ts'

/** A module that source code names. */
export interface ImportedName {
  /** As it is written: `a.b`, `.c`, `express/lib/x`, `./y.js`, `Foo::Bar`. */
  readonly name: string
  /** Names taken from it, which may be modules of it (Python). */
  readonly members: readonly string[]
  /** Whether it stands at the outer level of the file, so that it is loaded whenever the file is. */
  readonly isCertain: boolean
}

const maxImports = 5_000

/** Finds the modules that source code names, without running it: those whose names are written out. */
export function findImports(language: ImportLanguage, text: string): readonly ImportedName[] {
  const found = language === 'python' ? python(text) : language === 'perl' ? perl(text) : javascript(text)
  const imports: ImportedName[] = []
  for (const one of found) {
    if (imports.length >= maxImports) break
    imports.push(one)
  }
  return imports
}

const pythonImport =
  /^([ \t]{0,80})(?:import[ \t]+([\w.]+(?:[ \t]+as[ \t]+\w+)?(?:[ \t]*,[ \t]*[\w.]+(?:[ \t]+as[ \t]+\w+)?)*)|from[ \t]+(\.{0,8}[\w.]*)[ \t]+import[ \t]*(\([^)]{0,20000}\)|[^\n#;]+))/gm
const pythonLiteral = /\b(?:import_module|__import__)\([ \t\n]{0,20}["'](\.{0,8}[\w.]{1,200})["']/g

function* python(source: string): Generator<ImportedName> {
  const text = withoutPythonTexts(source)
  for (const [, indent, names, from, taken] of text.matchAll(pythonImport)) {
    const isCertain = indent === ''
    if (names !== undefined)
      for (const name of names.split(',')) yield { name: name.trim().split(/\s/)[0]!, members: [], isCertain }
    else
      yield {
        name: from!,
        members: [...taken!.replaceAll(/#[^\n]*/g, '').matchAll(/(?:^|[(,\s])(\w+)(?:\s+as\s+\w+)?/g)].map(
          ([, member]) => member!,
        ),
        isCertain,
      }
  }
  for (const [, name] of source.matchAll(pythonLiteral)) yield { name: name!, members: [], isCertain: false }
}

/** Takes out texts between three quotes, which hold examples of code. */
export function withoutPythonTexts(source: string): string {
  const parts: string[] = []
  let from = 0
  for (let at = nextTriple(source, 0); at >= 0; at = nextTriple(source, from)) {
    const quote = source.slice(at, at + 3)
    const end = source.indexOf(quote, at + 3)
    parts.push(source.slice(from, at))
    if (end < 0) return parts.join('""')
    from = end + 3
  }
  parts.push(source.slice(from))
  return parts.join('""')
}

function nextTriple(source: string, from: number): number {
  const [double, single] = [source.indexOf('"""', from), source.indexOf("'''", from)]
  return double < 0 || single < 0 ? Math.max(double, single) : Math.min(double, single)
}

const required =
  /(?:\brequire(?:\.resolve)?\s{0,10}\(\s{0,20}|\bimport\s{0,10}\(\s{0,20}|\bfrom\s{0,10}|^[ \t]{0,80}import\s{0,10})["'`]([^"'`\n$]{1,300})["'`]/gm

function* javascript(text: string): Generator<ImportedName> {
  for (const match of text.matchAll(required)) {
    // What begins at the start of a line is in no block, unless somebody does not indent.
    const lineStart = text.lastIndexOf('\n', match.index) + 1
    const isCertain = /^(?:import|export|const|let|var|require|[})])/.test(
      text.slice(lineStart, lineStart + 8),
    )
    yield {
      name: match[1]!,
      members: [],
      isCertain: isCertain && !/\bimport\s*\(/.test(match[0]),
    }
  }
}

const used = /(?:^|[;{\s])(use|require)[ \t]+([A-Z]\w*(?:::\w+)*|[a-z]\w*(?:::\w+)+)/gm
const inherited = /\buse[ \t]+(?:base|parent)\b([^;]{0,2000});/g
const onCommandLine = /\s-[mM]['"]?([A-Z]\w*(?:::\w+)*)/g

function* perl(text: string): Generator<ImportedName> {
  for (const [, word, name] of text.matchAll(used))
    yield { name: name!, members: [], isCertain: word === 'use' }
  for (const [, list] of text.matchAll(inherited))
    for (const [name] of list!.matchAll(/[A-Z]\w*(?:::\w+)*/g)) yield { name, members: [], isCertain: true }
  for (const [, name] of text.matchAll(onCommandLine)) yield { name: name!, members: [], isCertain: false }
}
