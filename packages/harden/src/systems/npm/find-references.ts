import type { Package } from '@sallyport/inventory'
import { namesUnder, type JsonObject, isJsonObject } from './read-json.ts'

/** What packages can be called in code and commands. */
export interface ReferableNames {
  /** By the name in `require` and `import`. */
  readonly byName: ReadonlyMap<string, readonly Package[]>
  /** By the name of a command in `.bin` or in PATH. */
  readonly byCommand: ReadonlyMap<string, readonly Package[]>
  /** Manifests of applications, whose `scripts` a command may run. */
  readonly manifests: readonly JsonObject[]
}

const source = /\.[cm]?[jt]sx?$/
/** Files of an application that only its development runs. */
const development =
  /\/(?:tests?|__tests__|__mocks__|specs?|e2e|cypress)\/|\.(?:test|spec|stories|d)\.[cm]?[jt]sx?$|\/\.?(?:jest|vitest|vite|eslint|prettier|babel|webpack|rollup|tsup|karma|cypress|playwright|tailwind|postcss|commitlint|lint-staged|stylelint|nyc|mocha|mocharc|eslintrc|babelrc|gulpfile|Gruntfile)[\w.-]*\.[cm]?[jt]s$/
const quoted = /["'`]((?:@[\w.~-]+\/)?[\w~-][\w.~-]*)(?:\/[^"'`\n]*)?["'`]/g
const runner = /\b(?:np[mx]|yarn(?:pkg)?|pnpm|pnpx|corepack|bunx?)\b|--run\b/
const usesNode =
  /\bnode(?:js)?\b|(?:^|\s)--?(?:r|require|import|loader|experimental-loader)[\s=]|NODE_OPTIONS/
const maxScripts = 1_000

/**
 * Packages that a text refers to. Source code of an application does by a name in quotes; a command or shell script by
 * the name of a command that it has npm run, directly or through `scripts`, and by modules that it has Node load.
 */
export function findReferences(
  { byName, byCommand, manifests }: ReferableNames,
  text: string,
  path?: string,
): readonly Package[] {
  const found = new Set<Package>()
  const addAll = (packages: readonly Package[] | undefined) => {
    for (const one of packages ?? []) found.add(one)
  }
  if (path !== undefined && (path.includes('/node_modules/') || development.test(path))) return []
  if (path !== undefined && source.test(path)) {
    for (const [, name] of text.matchAll(quoted)) addAll(byName.get(name!))
    return [...found]
  }
  // Data and prose run nothing.
  if (path !== undefined && /\.[a-z0-9]+$/i.test(path) && !/\.(?:ba)?sh$/.test(path)) return []
  for (const [, name] of text.matchAll(/\.bin\/([\w.-]+)/g)) addAll(byCommand.get(name!))
  const pending = [text]
  const seen = new Set<string>()
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const isRun = next !== text || runner.test(next)
    const loads = isRun || usesNode.test(next)
    for (const word of wordsOf(next)) {
      if (loads) addAll(byName.get(packageName(word)))
      if (!isRun) continue
      addAll(byCommand.get(word))
      for (const script of scriptsOf(manifests, word)) {
        if (seen.has(script) || seen.size >= maxScripts) continue
        seen.add(script)
        pending.push(script)
      }
    }
  }
  return [...found]
}

function wordsOf(text: string): readonly string[] {
  return text.split(/[\s"'`;&|()<>=,$]+/).filter((word) => word !== '')
}

/** `@scope/name/file` → `@scope/name`. */
const packageName = (word: string) => /^(?:@[^/]+\/)?[^/]+/.exec(word)?.[0] ?? word

/** What `npm run` with this name runs, with what it runs before and after. */
function scriptsOf(manifests: readonly JsonObject[], name: string): readonly string[] {
  return manifests.flatMap((manifest) => {
    const scripts = namesUnder(manifest, 'scripts').length > 0 ? manifest['scripts'] : undefined
    if (!isJsonObject(scripts)) return []
    return [name, `pre${name}`, `post${name}`]
      .map((key) => (Object.hasOwn(scripts, key) ? scripts[key] : undefined))
      .filter((script) => typeof script === 'string')
  })
}
