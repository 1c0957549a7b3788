import { encodeName, type FileTree, type Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import { withoutPaths } from '../../tree-view.ts'
import type { DatabaseEdit } from '../package-system.ts'
import { removeChoices } from './edit-alternatives.ts'
import {
  createRemovedNames,
  removeDiversions,
  removeInterests,
  removeOverrides,
  removeStanzas,
  removeStanzasByName,
  removeWaiting,
} from './edit-dpkg-database.ts'

const maxDatabaseBytes = 256 * 1024 * 1024

/** Takes packages out of dpkg's databases, and out of what other tools keep about them; every other byte stays. */
export async function removePackages(
  image: Image,
  { remove, replace }: DatabaseEdit,
  removed: readonly Package[],
  kept: readonly Package[],
  signal?: AbortSignal,
): Promise<void> {
  const { tree } = image
  const names = createRemovedNames(removed, kept)
  const view = withoutPaths(tree, remove)
  const isGone = (path: string) => tree.resolve(path) !== undefined && view.resolve(path) === undefined
  const edit = async (
    path: string,
    change: (text: string) => string | undefined,
    whenEmpty: 'empty' | 'remove' = 'remove',
  ) => {
    const node = tree.resolve(path)
    if (node?.type !== 'file' || remove.has(node.path)) return
    const bytes = await image.readFile(node, { maxBytes: maxDatabaseBytes, signal })
    const text = Buffer.from(bytes).toString('latin1')
    const changed = change(text)
    if (changed === text) return
    // A database that must exist stays, empty; a list of nothing goes.
    if ((changed === undefined || changed.trim() === '') && whenEmpty === 'remove') remove.add(node.path)
    else replace.set(node.path, Buffer.from(changed ?? '', 'latin1'))
  }

  const roots = new Set<string>()
  const stanzas = new Map<string, Set<string>>()
  for (const { dpkg } of removed) {
    if (!dpkg) continue
    roots.add(dpkg.statusPath.replace(/\/status(?:\.d\/[^/]*)?$/, ''))
    const inFile = stanzas.get(dpkg.statusPath) ?? new Set()
    stanzas.set(dpkg.statusPath, inFile.add(Buffer.from(encodeName(dpkg.stanza)).toString('latin1')))
  }
  for (const [path, inFile] of stanzas) {
    await edit(path, (text) => removeStanzas(text, inFile), path.endsWith('/status') ? 'empty' : 'remove')
  }
  for (const root of roots) {
    await edit(`${root}/diversions`, (text) => removeDiversions(text, names), 'empty')
    await edit(`${root}/statoverride`, (text) => removeOverrides(text, isGone), 'empty')
    for (const path of filesOf(tree, `${root}/triggers`)) {
      const name = path.slice(path.lastIndexOf('/') + 1)
      if (name === 'Lock') continue
      const change = name === 'Unincorp' ? removeWaiting : removeInterests
      await edit(path, (text) => change(text, names), /^[A-Z]/.test(name) ? 'empty' : 'remove')
    }
    for (const path of filesOf(tree, `${root}/alternatives`)) {
      const link = `/etc/alternatives/${path.slice(path.lastIndexOf('/') + 1)}`
      await edit(path, (text) => removeChoices(text, isGone, remove.has(link)))
    }
  }
  await edit('/var/lib/apt/extended_states', (text) => removeStanzasByName(text, names), 'empty')
}

function filesOf(tree: FileTree, folder: string): readonly string[] {
  const at = tree.resolve(folder)?.path
  return at === undefined
    ? []
    : tree
        .children(at)
        .filter(({ type }) => type === 'file')
        .map(({ path }) => path)
}
