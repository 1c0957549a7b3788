import { decodeName, encodeName, type Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import type { DatabaseEdit, OpenedSystem, OpenSystemOptions, PackageSystem } from '../package-system.ts'
import { createProviders, createRequirements, type FindProviders } from './create-requirements.ts'
import { removeFiles, removePackages } from './edit-database.ts'
import { editWorld } from './edit-lists.ts'
import { openDatabases } from './open-databases.ts'
import { parseDependency, words } from './parse-dependency.ts'
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
  const world = await readWorld(image, signal)
  return {
    refusal,
    wanted: words(world?.text).map((text) => ({ text: `world ${text}`, satisfiedBy: findWanted(text) })),
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
      removeFromWorld(world, edit, find, kept)
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

  function findWanted(text: string): readonly Package[] {
    const dependency = parseDependency(text)
    return dependency.isConflict ? [] : find(dependency)
  }
}

const maxWorldBytes = 16 * 1024 * 1024

async function readWorld(
  image: Image,
  signal: AbortSignal | undefined,
): Promise<{ readonly path: string; readonly text: string } | undefined> {
  const node = image.tree.resolve('/etc/apk/world')
  if (node?.type !== 'file') return undefined
  const bytes = await image.readFile(node, { maxBytes: maxWorldBytes, signal })
  return { path: node.path, text: decodeName(bytes) }
}

/** Takes out of `world` what was there and is not any more. */
function removeFromWorld(
  world: { readonly path: string; readonly text: string } | undefined,
  edit: DatabaseEdit,
  find: FindProviders,
  kept: readonly Package[],
): void {
  if (!world || edit.remove.has(world.path)) return
  const staying = new Set(kept)
  const changed = editWorld(world.text, (dependency) => {
    const satisfying = find(dependency)
    return satisfying.length > 0 && !satisfying.some((found) => staying.has(found))
  })
  if (changed !== world.text) edit.replace.set(world.path, encodeName(changed))
}
