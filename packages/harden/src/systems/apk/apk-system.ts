import { decodeName, encodeName, type Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import type { DatabaseEdit, OpenedSystem, OpenSystemOptions, PackageSystem } from '../package-system.ts'
import { createProviders, createRequirements, type FindProviders } from './create-requirements.ts'
import { removeFiles, removePackages } from './edit-database.ts'
import { editWorld } from './edit-lists.ts'
import { openDatabases } from './open-databases.ts'
import { protectionOf } from './protected-packages.ts'

/** Packages of apk, by `lib/apk/db/installed`, since version 3 below `/usr` (apk-tools, apk(5)). */
export const apkSystem: PackageSystem = {
  type: 'apk',
  holds: ({ type, evidence }) => type === 'apk' && evidence.method === 'apk-installed',
  open: openApk,
}

async function openApk(
  image: Image,
  all: readonly Package[],
  { signal }: OpenSystemOptions,
): Promise<OpenedSystem> {
  const { tree } = image
  const packages = all.filter((found) => apkSystem.holds(found))
  const { records, stanzas, refusal } = await openDatabases(image, packages, signal)
  const find = createProviders(stanzas)
  const rules = new Map<Package, string>()
  for (const found of packages) {
    const reason = protectionOf(found.name)
    if (reason) rules.set(found, reason)
  }
  return {
    refusal,
    fixed: new Map(),
    protected: rules,
    requirementsOf: createRequirements(stanzas, find),
    listedPaths: async (found) => {
      const { folders = [], files = [] } = stanzas.get(found) ?? {}
      return [...folders, ...files.map(({ path }) => path)].map((path) => tree.canonicalize(path))
    },
    recordPaths: () => [],
    async removePackages(edit, removed, kept) {
      for (const one of records) removePackages(edit, one, removed)
      await removeFromWorld(image, edit, find, kept, signal)
    },
    async removeFiles(edit, files) {
      for (const one of records) {
        const listed = new Map<string, ReadonlySet<string>>()
        for (const [found, paths] of files) {
          if (found.evidence.path !== one.path) continue
          const gone = new Set(paths)
          const written = (stanzas.get(found)?.files ?? []).map(({ path }) => path)
          listed.set(found.name, new Set(written.filter((path) => gone.has(tree.canonicalize(path)))))
        }
        removeFiles(edit, one, listed)
      }
    },
  }
}

const maxWorldBytes = 16 * 1024 * 1024

/** Takes out of `world` what was there and is not any more. */
async function removeFromWorld(
  image: Image,
  edit: DatabaseEdit,
  find: FindProviders,
  kept: readonly Package[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const node = image.tree.resolve('/etc/apk/world')
  if (node?.type !== 'file' || edit.remove.has(node.path)) return
  const text = decodeName(await image.readFile(node, { maxBytes: maxWorldBytes, signal }))
  const staying = new Set(kept)
  const changed = editWorld(text, (dependency) => {
    const satisfying = find(dependency)
    return satisfying.length > 0 && !satisfying.some((found) => staying.has(found))
  })
  if (changed !== text) edit.replace.set(node.path, encodeName(changed))
}
