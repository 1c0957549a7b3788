import { createTarWriter } from '../tar/create-tar-writer.ts'

/** What a random layer does, in the order of its entries. */
export type LayerAction =
  | { readonly do: 'file'; readonly path: string; readonly token: string; readonly mode: number }
  | { readonly do: 'directory'; readonly path: string; readonly mode: number }
  | { readonly do: 'symlink'; readonly path: string; readonly target: string }
  | { readonly do: 'hardlink'; readonly path: string; readonly target: string }
  | { readonly do: 'whiteout'; readonly path: string }
  | { readonly do: 'opaque'; readonly path: string }

/** One path of the naive model. */
export interface ModelNode {
  readonly type: 'file' | 'directory' | 'symlink'
  readonly mode: number
  /** Content of a file, target of a link. */
  readonly text: string
}

const names = ['a', 'b', 'c', 'é']
const paths = names.flatMap((a) => [
  `/${a}`,
  ...names.flatMap((b) => [`/${a}/${b}`, ...names.map((c) => `/${a}/${b}/${c}`)]),
])
const modes = [0o644, 0o600, 0o755, 0o4755, 0o1777]
const kinds = [
  ...Array.from({ length: 5 }, () => 'file' as const),
  ...Array.from({ length: 3 }, () => 'directory' as const),
  'symlink',
  ...Array.from({ length: 2 }, () => 'hardlink' as const),
  ...Array.from({ length: 2 }, () => 'whiteout' as const),
  'opaque',
] as const

/**
 * Makes layers of random numbers, one for each action. A layer names a path at most once, and has nothing below a
 * file of its own.
 */
export function layersFrom(numbers: readonly (readonly number[])[]): LayerAction[][] {
  return numbers.map((row, layer) => sane(row.map(toAction), layer))
}

function toAction(number: number): LayerAction {
  let rest = number
  const pick = <T>(from: readonly T[]): T => {
    const chosen = from[rest % from.length]
    rest = Math.floor(rest / from.length)
    if (chosen === undefined) throw new RangeError('nothing to choose from')
    return chosen
  }
  const kind = pick(kinds)
  const path = pick(paths)
  switch (kind) {
    case 'file':
      return { do: kind, path, token: '', mode: pick(modes) }
    case 'directory':
      return { do: kind, path, mode: pick(modes) }
    case 'symlink':
    case 'hardlink':
      return { do: kind, path, target: pick(paths) }
    default:
      return { do: kind, path }
  }
}

function sane(actions: readonly LayerAction[], layer: number): LayerAction[] {
  const leaves = new Map<string, LayerAction>()
  const used = new Set<string>()
  const directories = new Set<string>()
  const kept: LayerAction[] = []
  for (const wanted of actions) {
    const next = wanted.do === 'hardlink' ? toLastFile(wanted, kept) : wanted
    if (next === undefined) continue
    const parents = ancestors(next.path)
    const inside = next.do === 'opaque' ? [...parents, next.path] : parents
    if (inside.some((parent) => leaves.has(parent))) continue
    const key = next.do === 'whiteout' || next.do === 'opaque' ? `${next.do} ${next.path}` : next.path
    if (used.has(key)) continue
    const leaf = next.do === 'file' || next.do === 'symlink' || next.do === 'hardlink'
    if (leaf && directories.has(next.path)) continue
    // Refused, as an overlay shows what others hide.
    if (next.do === 'whiteout' && directories.has(next.path)) continue
    const made = next.do === 'directory' ? [...inside, next.path] : inside
    if (made.some((path) => used.has(`whiteout ${path}`))) continue
    used.add(key)
    for (const parent of inside) directories.add(parent)
    if (next.do === 'directory') directories.add(next.path)
    if (leaf) leaves.set(next.path, next)
    kept.push(next.do === 'file' ? { ...next, token: `<${layer}:${next.path}>`.repeat(20) } : next)
  }
  return kept
}

/** A hard link to the last file of the layer, when there is one. */
function toLastFile(link: LayerAction, actions: readonly LayerAction[]): LayerAction | undefined {
  const file = actions.findLast((action) => action.do === 'file')
  return file === undefined ? undefined : { do: 'hardlink', path: link.path, target: file.path }
}

/** The directories above a path, the root left out. */
function ancestors(of: string): string[] {
  const parts = of.split('/').slice(1, -1)
  return parts.map((_, index) => `/${parts.slice(0, index + 1).join('/')}`)
}

/** The layer as a tar. */
export function toTar(actions: readonly LayerAction[]): Uint8Array {
  const writer = createTarWriter()
  const modes = new Map<string, number>()
  for (const next of actions) {
    const name = next.path.slice(1)
    const slash = name.lastIndexOf('/') + 1
    switch (next.do) {
      case 'file':
        modes.set(next.path, next.mode)
        writer.add({ type: 'file', path: name, data: next.token, mode: next.mode })
        break
      case 'directory':
        writer.add({ type: 'directory', path: `${name}/`, mode: next.mode })
        break
      case 'symlink':
        writer.add({ type: 'symlink', path: name, linkPath: next.target })
        break
      case 'hardlink':
        writer.add({
          type: 'hardlink',
          path: name,
          linkPath: next.target.slice(1),
          mode: modes.get(next.target) ?? 0,
        })
        break
      case 'whiteout':
        writer.add({ type: 'file', path: `${name.slice(0, slash)}.wh.${name.slice(slash)}` })
        break
      case 'opaque':
        writer.add({ type: 'file', path: `${name}/.wh..wh..opq` })
    }
  }
  return writer.finish()
}

/** What a reader of the specification expects: first what the layer hides, then what it adds. */
export function modelOf(layers: readonly (readonly LayerAction[])[]): Map<string, ModelNode> {
  const model = new Map<string, ModelNode>([['/', { type: 'directory', mode: 0o755, text: '' }]])
  const clear = (top: string, itself: boolean) => {
    for (const known of model.keys()) {
      if (known.startsWith(`${top}/`) || (itself && known === top)) model.delete(known)
    }
  }
  const parents = (of: string) => {
    for (const parent of ancestors(of)) {
      if (model.get(parent)?.type !== 'directory')
        model.set(parent, { type: 'directory', mode: 0o755, text: '' })
    }
  }
  for (const actions of layers) {
    for (const next of actions) {
      if (next.do === 'whiteout') clear(next.path, true)
      if (next.do === 'opaque') clear(next.path, false)
    }
    for (const next of actions) {
      parents(next.do === 'opaque' ? `${next.path}/.` : next.path)
      switch (next.do) {
        case 'file':
          clear(next.path, true)
          model.set(next.path, { type: 'file', mode: next.mode, text: next.token })
          break
        case 'symlink':
          clear(next.path, true)
          model.set(next.path, { type: 'symlink', mode: 0o777, text: next.target })
          break
        case 'hardlink': {
          const target = model.get(next.target)
          if (target === undefined) throw new Error('model: no link target')
          clear(next.path, true)
          model.set(next.path, target)
          break
        }
        case 'directory':
          model.set(next.path, { type: 'directory', mode: next.mode, text: '' })
          break
        case 'whiteout':
        case 'opaque':
      }
    }
  }
  return model
}
