import { type FileTree, type Image, ImageError } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import type { DatabaseEdit, OpenedSystem, PackageSystem } from '../package-system.ts'
import { createRequirements } from './create-requirements.ts'
import { editDatabase, readHeaders } from './edit-database.ts'
import { type DatabaseFile, findDatabases } from './find-databases.ts'
import { leaveOutFiles } from './leave-out-files.ts'
import { packageKey, parseRpmPackage, type RpmPackage } from './parse-rpm-package.ts'
import { protectionOf } from './protected-packages.ts'
import type { RecordEdit } from './record-edit.ts'

/** Packages of rpm, by its database in any of its formats and places (rpm(8)). */
export const rpmSystem: PackageSystem = {
  type: 'rpm',
  holds: ({ type }) => type === 'rpm',
  open: openRpm,
}

const maxDatabaseBytes = 256 * 1024 * 1024
const ghostFlag = 1 << 6

interface OpenedDatabase extends DatabaseFile {
  /** Numbers of the headers of each package. */
  readonly numbers: ReadonlyMap<string, readonly number[]>
}

/** A database that can't be edited makes a refusal; nothing is half edited. */
async function openRpm(
  image: Image,
  all: readonly Package[],
  { signal }: { readonly signal?: AbortSignal | undefined },
): Promise<OpenedSystem> {
  const packages = all.filter((found) => rpmSystem.holds(found))
  try {
    return await openDatabases(image, packages, signal)
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof SyntaxError) && !(error instanceof ImageError)) throw error
    return refuse(`the rpm database can't be edited: ${error.message}`)
  }
}

async function openDatabases(
  image: Image,
  packages: readonly Package[],
  signal?: AbortSignal,
): Promise<OpenedSystem> {
  const { tree } = image
  const headers = new Map<string, RpmPackage>()
  const databases: OpenedDatabase[] = []
  for (const database of findDatabases(tree)) {
    const { path } = database.node
    const bytes = await image.readFile(database.node, { maxBytes: maxDatabaseBytes, signal })
    const numbers = new Map<string, number[]>()
    try {
      // Whatever would make an edit fail does so here, before anything is planned.
      await editDatabase(bytes, { remove: new Set(), replace: new Map() }, signal)
      for (const [number, blob] of await readHeaders(bytes, signal)) {
        const parsed = parseRpmPackage(blob)
        const list = numbers.get(parsed.key)
        if (list) list.push(number)
        else numbers.set(parsed.key, [number])
        if (!headers.has(parsed.key)) headers.set(parsed.key, parsed)
      }
    } catch (error) {
      if (error instanceof SyntaxError) throw new SyntaxError(`${path}: ${error.message}`, { cause: error })
      throw error
    }
    databases.push({ ...database, numbers })
  }

  const known = new Map<Package, RpmPackage>()
  const fixed = new Map<Package, string>()
  const rules = new Map<Package, string>()
  for (const found of packages) {
    const key = packageKey(found.name, found.version, found.arch)
    const header = headers.get(key)
    if (header) known.set(found, header)
    const reason = header
      ? databases.some(({ numbers }) => (numbers.get(key)?.length ?? 0) > 1)
        ? 'the rpm database holds it twice'
        : undefined
      : 'no rpm database has a header of it'
    const rule = protectionOf(found.name)
    if (reason) fixed.set(found, reason)
    if (rule) rules.set(found, rule)
  }
  const listed = new Map<Package, readonly string[]>()
  return {
    fixed,
    protected: rules,
    requirementsOf: createRequirements(known, (path) => tree.canonicalize(path)),
    async listedPaths(found) {
      const before = listed.get(found)
      const paths = before ?? listPaths(tree, known.get(found))
      listed.set(found, paths)
      return paths
    },
    recordPaths: () => [],
    async removePackages(edit, removed) {
      const keys = removed.flatMap((found) => known.get(found)?.key ?? [])
      for (const database of databases) {
        const remove = new Set(keys.flatMap((key) => database.numbers.get(key) ?? []))
        await change(database, edit, { remove, replace: new Map() })
      }
    },
    async removeFiles(edit, files) {
      for (const database of databases) {
        const headersHere = await readHeaders(await read(database, edit), signal)
        const replace = new Map<number, Uint8Array>()
        for (const [found, paths] of files) {
          const header = known.get(found)
          if (!header) continue
          const gone = new Set(paths)
          const positions = [...header.files.entries()]
            .filter(([, { path }]) => gone.has(tree.canonicalize(path)))
            .map(([position]) => position)
          for (const number of database.numbers.get(header.key) ?? []) {
            const edited = tryLeaveOut(headersHere.get(number)!, positions)
            if (edited) replace.set(number, edited)
            // What can't be taken out of the list stays.
            else for (const path of paths) edit.remove.delete(path)
          }
        }
        await change(database, edit, { remove: new Set(), replace })
      }
    },
  }

  async function read({ node }: OpenedDatabase, edit: DatabaseEdit): Promise<Uint8Array> {
    return edit.replace.get(node.path) ?? (await image.readFile(node, { maxBytes: maxDatabaseBytes, signal }))
  }

  async function change(database: OpenedDatabase, edit: DatabaseEdit, records: RecordEdit): Promise<void> {
    if (records.remove.size + records.replace.size === 0) return
    const edited = await editDatabase(await read(database, edit), records, signal)
    edit.replace.set(database.node.path, edited)
    for (const companion of database.companions) edit.remove.add(companion)
  }
}

function tryLeaveOut(header: Uint8Array, positions: readonly number[]): Uint8Array | undefined {
  try {
    return leaveOutFiles(header, positions)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function refuse(refusal: string): OpenedSystem {
  return {
    refusal,
    fixed: new Map(),
    requirementsOf: () => [],
    listedPaths: async () => [],
    recordPaths: () => [],
    removePackages: async () => undefined,
  }
}

/** What a header says is installed, folders too; a ghost need not be there. */
function listPaths(tree: FileTree, header: RpmPackage | undefined): readonly string[] {
  const paths = new Set<string>()
  for (const { path, state, flags } of header?.files ?? []) {
    if (path.startsWith('/') && state === 0 && (flags & ghostFlag) === 0) paths.add(tree.canonicalize(path))
  }
  return [...paths]
}
