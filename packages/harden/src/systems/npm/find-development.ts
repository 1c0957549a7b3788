import type { Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import { type InstalledPackages, isInstalled } from './installed-packages.ts'
import { isJsonObject, type JsonObject, namesUnder, readJson } from './read-json.ts'

/** Where a `node_modules` folder lies, and what is known of it. */
export interface Project {
  /** Folder around `node_modules`; empty for the root. */
  readonly base: string
  /** `node_modules/.package-lock.json`, in which npm 7 and later keep what they installed. */
  readonly hidden?: { readonly path: string; readonly text: string } | undefined
  readonly manifest?: JsonObject | undefined
  /** Packages that only development needs. */
  readonly development: ReadonlySet<Package>
}

/**
 * Finds, for each outermost `node_modules`, the packages that `npm ls --omit=dev` would not list: by what npm noted of
 * the installation, else by the project's lock file, else by what its `package.json` and those of its packages name.
 * What no one of these says to be for development stays, whoever put it there.
 */
export async function findProjects(
  image: Pick<Image, 'tree' | 'readFile'>,
  installed: InstalledPackages,
  signal?: AbortSignal | undefined,
): Promise<readonly Project[]> {
  const bases = new Set<string>()
  for (const root of installed.byRoot.keys()) {
    const at = root.indexOf('/node_modules/')
    if (at >= 0 && isInstalled(root)) bases.add(root.slice(0, at))
  }
  const projects: Project[] = []
  for (const base of [...bases].sort()) {
    const manifest = (await readJson(image, `${base}/package.json`, signal))?.value
    const hidden = await readJson(image, `${base}/node_modules/.package-lock.json`, signal)
    const lock =
      hidden ??
      (await readJson(image, `${base}/npm-shrinkwrap.json`, signal)) ??
      (await readJson(image, `${base}/package-lock.json`, signal))
    const packages = lock && Object.hasOwn(lock.value, 'packages') ? lock.value['packages'] : undefined
    const development = isJsonObject(packages)
      ? findMarked(image, base, packages, installed)
      : manifest
        ? findByManifests(base, manifest, installed)
        : new Set<Package>()
    projects.push({ base, hidden, manifest, development })
  }
  return projects
}

/** Packages that a lock file of version 2 or 3 marks with `dev`: nothing but development leads to them. */
function findMarked(
  { tree }: Pick<Image, 'tree'>,
  base: string,
  packages: JsonObject,
  { byRoot }: InstalledPackages,
): ReadonlySet<Package> {
  const marked = new Set<Package>()
  for (const [key, entry] of Object.entries(packages)) {
    if (!isJsonObject(entry) || entry['dev'] !== true || entry['link'] === true) continue
    const end = tree.resolve(`${base}/${key}`)
    const found = end && byRoot.get(end.path)
    // Somebody may have put another version there.
    if (found && isInstalled(end.path) && found.version === entry['version']) marked.add(found)
  }
  return marked
}

const neededFields = ['dependencies', 'optionalDependencies', 'peerDependencies']

/** Packages that `devDependencies` lead to, and nothing that is needed at run time does. */
function findByManifests(
  base: string,
  manifest: JsonObject,
  installed: InstalledPackages,
): ReadonlySet<Package> {
  const here = [...installed.byRoot].filter(([root]) => root.startsWith(`${base}/`))
  const byPurl = Map.groupBy(
    here.map(([, found]) => found),
    ({ purl }) => purl,
  )
  const close = (from: readonly (Package | undefined)[]) => {
    const closed = new Set(from.filter((found) => found !== undefined))
    for (const found of closed)
      for (const purl of found.dependsOn ?? []) for (const one of byPurl.get(purl) ?? []) closed.add(one)
    return closed
  }
  const named = (fields: readonly string[]) =>
    fields.flatMap((field) => namesUnder(manifest, field)).map((name) => installed.resolve(base, name))
  // What lies beside `node_modules` is code of the project itself, such as a workspace.
  const own = here.filter(([root]) => !isInstalled(root)).map(([, found]) => found)
  const needed = close([...named(neededFields), ...own])
  const development = close(named(['devDependencies']))
  return development.difference(needed)
}
