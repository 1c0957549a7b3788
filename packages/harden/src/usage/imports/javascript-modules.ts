import type { FileTree } from '@sallyport/image'

const endings = ['', '.js', '.json', '.node', '.mjs', '.cjs']
const indexes = ['/index.js', '/index.json', '/index.node', '/index.mjs', '/index.cjs']
const globalFolders = [
  '/usr/share/nodejs',
  '/usr/lib/nodejs',
  '/usr/lib/node_modules',
  '/usr/local/lib/node_modules',
]
const maxTargets = 200

/** Makes the function that finds the files of Node modules (Node.js: Modules, "All together"; Packages, "exports"). */
export function createJavaScriptSearch(
  tree: FileTree,
  readText: (path: string) => Promise<string | undefined>,
): (from: string, name: string) => Promise<readonly string[]> {
  const manifests = new Map<string, Promise<unknown>>()
  const manifestOf = (folder: string): Promise<unknown> => {
    let manifest = manifests.get(folder)
    if (!manifest) manifests.set(folder, (manifest = readManifest(folder)))
    return manifest
  }
  return async (from, name) => {
    const folder = from.slice(0, from.lastIndexOf('/'))
    if (/^\.{0,2}\//.test(name) || name === '.' || name === '..') {
      const file = findFile(tree, name.startsWith('/') ? name : `${folder}/${name}`)
      return file ? [file] : await entryOf(name.startsWith('/') ? name : `${folder}/${name}`)
    }
    const [, owner, rest = ''] = /^((?:@[\w.~-]+\/)?[\w.~-]+)(\/.*)?$/.exec(name) ?? []
    if (owner === undefined) return []
    for (const place of [...placesAbove(folder), ...globalFolders]) {
      const at = `${place}/${owner}`
      if (tree.resolve(at)?.type !== 'directory') continue
      const manifest = tree.resolve(`${at}/package.json`)?.path
      const files = rest === '' ? await entryOf(at) : await subpathOf(at, rest)
      return [...(manifest ? [manifest] : []), ...files]
    }
    return []
  }

  async function readManifest(folder: string): Promise<unknown> {
    const text = await readText(`${folder}/package.json`)
    try {
      return text === undefined ? undefined : JSON.parse(text)
    } catch {
      return undefined
    }
  }

  async function entryOf(folder: string): Promise<readonly string[]> {
    const manifest = await manifestOf(folder)
    const targets = [...targetsOf(field(manifest, 'exports'), '.'), ...strings(field(manifest, 'main'))]
    const files = targets.flatMap((target) => findFile(tree, `${folder}/${target}`) ?? [])
    if (files.length > 0) return files
    return indexes.flatMap((index) => fileAt(tree, `${folder}${index}`) ?? []).slice(0, 1)
  }

  async function subpathOf(folder: string, rest: string): Promise<readonly string[]> {
    const targets = targetsOf(field(await manifestOf(folder), 'exports'), `.${rest}`)
    const files = targets.flatMap((target) => findFile(tree, `${folder}/${target}`) ?? [])
    const direct = findFile(tree, `${folder}${rest}`)
    return files.length > 0 ? files : direct ? [direct] : await entryOf(`${folder}${rest}`)
  }
}

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined

/** Files that `exports` gives for a subpath, under any condition. */
function targetsOf(exports: unknown, subpath: string): readonly string[] {
  if (typeof exports !== 'object' || exports === null || Array.isArray(exports))
    return subpath === '.' ? strings(exports) : []
  const keys = Object.keys(exports)
  if (!keys.some((key) => key.startsWith('.'))) return subpath === '.' ? strings(exports) : []
  const exact = strings(field(exports, subpath))
  if (exact.length > 0) return exact
  for (const key of keys) {
    const [before, after] = key.split('*')
    if (after === undefined || !subpath.startsWith(before!) || !subpath.endsWith(after)) continue
    const middle = subpath.slice(before!.length, subpath.length - after.length)
    return strings(field(exports, key)).map((target) => target.replaceAll('*', () => middle))
  }
  return []
}

/** All texts in a value, however deep. */
function strings(value: unknown): readonly string[] {
  const found: string[] = []
  const pending = [value]
  for (let next = pending.pop(); found.length < maxTargets && next !== undefined; next = pending.pop()) {
    if (typeof next === 'string') found.push(next)
    else if (typeof next === 'object' && next !== null)
      pending.push(...Object.values(next).slice(0, maxTargets))
  }
  return found
}

function placesAbove(folder: string): readonly string[] {
  const places: string[] = []
  for (let at = folder; places.length < 64; at = at.slice(0, at.lastIndexOf('/'))) {
    if (!at.endsWith('/node_modules')) places.push(`${at}/node_modules`)
    if (at === '') break
  }
  return places
}

const findFile = (tree: FileTree, name: string): string | undefined => {
  for (const ending of endings) {
    const found = fileAt(tree, `${name}${ending}`)
    if (found !== undefined) return found
  }
  return undefined
}

function fileAt(tree: FileTree, path: string): string | undefined {
  const node = tree.resolve(path)
  return node?.type === 'file' ? node.path : undefined
}
