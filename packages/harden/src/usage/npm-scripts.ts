import type { FileTree } from '@sallyport/image'
import type { FileContents } from './file-contents.ts'

const runner = /(?:^|\/)(?:npm|yarn|pnpm|bun)$/
const maxScripts = 100

/** Texts for a shell that a command such as `npm start` runs: scripts of `package.json`, those that they run, and hooks. */
export async function findNpmScripts(
  tree: FileTree,
  contents: FileContents,
  folder: string,
  words: readonly string[],
): Promise<readonly string[]> {
  if (!words.some((word) => runner.test(word))) return []
  const node = tree.resolve(`${folder}/package.json`)
  const content = node?.type === 'file' ? await contents.read(node) : undefined
  const scripts = content?.type === 'text' ? readScripts(content.text) : new Map<string, string>()
  const found = new Map<string, string>()
  const pending = namedIn(words)
  for (let name = pending.pop(); name !== undefined && found.size < maxScripts; name = pending.pop()) {
    const text = scripts.get(name)
    if (text === undefined || found.has(name)) continue
    found.set(name, text)
    pending.push(`pre${name}`, `post${name}`, ...namedIn(text.split(/[\s;&|"']+/)))
  }
  return [...found.values()]
}

/** What stands behind a runner may be the name of a script: those that are none are not found. */
function namedIn(words: readonly string[]): string[] {
  const first = words.findIndex((word) => runner.test(word))
  return first < 0 ? [] : words.slice(first + 1).filter((word) => !word.startsWith('-'))
}

function readScripts(text: string): ReadonlyMap<string, string> {
  let scripts: unknown
  try {
    scripts = (JSON.parse(text) as { readonly scripts?: unknown } | null)?.scripts
  } catch {
    return new Map()
  }
  const entries = typeof scripts === 'object' && scripts !== null ? Object.entries(scripts) : []
  return new Map(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}
