import { encodeName, type Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import type {
  LeavingPackages,
  OpenedSystem,
  OpenSystemOptions,
  PackageSystem,
  Requirement,
} from '../package-system.ts'
import { cutJsonMembers } from './cut-json-members.ts'
import { findBinFiles } from './find-bin-files.ts'
import { findProjects, type Project } from './find-development.ts'
import { findReferences, type ReferableNames } from './find-references.ts'
import { indexPackages, type InstalledPackages, isInstalled, isTool } from './installed-packages.ts'
import { type JsonObject, namesUnder } from './read-json.ts'

/** Packages of npm in `node_modules`, and the installers of Node's images, that no package of the system owns. */
export const npmSystem: PackageSystem = {
  type: 'npm',
  holds: ({ type, ownedBy, evidence }) =>
    type === 'npm' &&
    ownedBy === undefined &&
    evidence.method === 'npm-package-json' &&
    (isInstalled(folderOf(evidence.path)) || isTool(folderOf(evidence.path))),
  open: openNpm,
}

const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/'))

async function openNpm(
  image: Image,
  all: readonly Package[],
  { drop = [], signal }: OpenSystemOptions,
): Promise<OpenedSystem> {
  const { tree } = image
  const packages = all.filter((found) => npmSystem.holds(found))
  const ofNpm = all.filter(({ type, evidence }) => type === 'npm' && evidence.method === 'npm-package-json')
  const installed = indexPackages(tree, ofNpm)
  const projects = await findProjects(image, installed, signal)
  const needs = createNeeds(packages, installed)
  const reasons = findLeaving(packages, installed, projects, drop, needs)
  const bins = await findBinFiles(image, packages, installed, signal)
  const fixed = new Map<Package, string>()
  for (const found of packages)
    if (!reasons.has(found)) fixed.set(found, 'an application may load it by its name')
  return {
    fixed,
    wanted: projects.flatMap(({ base, hidden }) =>
      (hidden ? namesUnder(JSON.parse(hidden.text) as JsonObject, 'packages') : []).map((key) => {
        const found = installed.byRoot.get(`${base}/${key}`)
        return { text: `${hidden!.path} ${key}`, satisfiedBy: found ? [found] : [] }
      }),
    ),
    leaving: createLeaving(reasons, bins, projects),
    requirementsOf: (found) => needs.get(found) ?? [],
    listedPaths: async ({ files }) => files,
    recordPaths: (found) => bins.get(found) ?? [],
    async removePackages(edit, removed) {
      const roots = new Set(removed.map((found) => installed.rootOf(found)))
      for (const { base, hidden } of projects) {
        if (!hidden || edit.remove.has(hidden.path)) continue
        const changed = cutJsonMembers(hidden.text, 'packages', (key) => roots.has(`${base}/${key}`))
        if (changed !== hidden.text) edit.replace.set(hidden.path, encodeName(changed))
      }
    },
  }
}

/** Which packages may leave, and why: not one that another needs which does not leave. */
function findLeaving(
  packages: readonly Package[],
  { byRoot, rootOf }: InstalledPackages,
  projects: readonly Project[],
  drop: readonly string[],
  needs: ReadonlyMap<Package, readonly Requirement[]>,
): ReadonlyMap<Package, string> {
  const reasons = new Map<Package, string>()
  for (const found of packages) {
    if (isTool(rootOf(found))) reasons.set(found, 'an installer, which a running application does not need')
    else if (projects.some(({ development }) => development.has(found)))
      reasons.set(found, 'a development dependency')
    else if (drop.includes(found.name)) reasons.set(found, 'declared as not needed')
  }
  // What a package brings along in its own folder is a part of it, where nothing else tells of it.
  for (const found of packages) {
    const around = reasons.has(found) ? undefined : findAround(rootOf(found), byRoot, reasons)
    if (around) reasons.set(found, `a part of ${around.name}`)
  }
  const staying = packages.filter((found) => !reasons.has(found))
  for (const found of staying) {
    for (const { satisfiedBy } of needs.get(found) ?? []) {
      for (const needed of satisfiedBy) if (reasons.delete(needed)) staying.push(needed)
    }
  }
  return reasons
}

function findAround(
  root: string,
  byRoot: ReadonlyMap<string, Package>,
  reasons: ReadonlyMap<Package, string>,
): Package | undefined {
  for (let at = root.lastIndexOf('/'); at > 0; at = root.lastIndexOf('/', at - 1)) {
    const found = byRoot.get(root.slice(0, at))
    if (found && reasons.has(found)) return found
  }
  return undefined
}

/** What each package needs: what its `package.json` names and is there, and what lies in its folder. */
function createNeeds(
  packages: readonly Package[],
  { byRoot, rootOf, resolve }: InstalledPackages,
): ReadonlyMap<Package, readonly Requirement[]> {
  const byPurl = Map.groupBy(packages, ({ purl }) => purl)
  const held = new Set(packages)
  const needs = new Map<Package, Requirement[]>()
  const add = (found: Package, text: string, satisfiedBy: readonly Package[]) => {
    const list = needs.get(found)
    if (list) list.push({ text, satisfiedBy })
    else needs.set(found, [{ text, satisfiedBy }])
  }
  for (const found of packages) {
    for (const purl of found.dependsOn ?? []) {
      const candidates = byPurl.get(purl) ?? []
      // One version may lie in several places: Node loads the one that it finds from here.
      const nearest = candidates[0] && resolve(rootOf(found), candidates[0].name)
      if (candidates.length > 0) add(found, purl, nearest?.purl === purl ? [nearest] : candidates)
    }
    const root = rootOf(found)
    for (let at = root.lastIndexOf('/'); at > 0; at = root.lastIndexOf('/', at - 1)) {
      const around = byRoot.get(root.slice(0, at))
      if (!around || !held.has(around)) continue
      add(around, found.purl, [found])
      add(found, around.purl, [around])
      break
    }
  }
  return needs
}

function createLeaving(
  reasons: ReadonlyMap<Package, string>,
  bins: ReadonlyMap<Package, readonly string[]>,
  projects: readonly Project[],
): LeavingPackages {
  const byName = Map.groupBy(reasons.keys(), ({ name }) => name)
  const byCommand = Map.groupBy(
    [...reasons.keys()].flatMap((found) =>
      (bins.get(found) ?? []).map((path) => [path.slice(path.lastIndexOf('/') + 1), found] as const),
    ),
    ([command]) => command,
  )
  const names: ReferableNames = {
    byName,
    byCommand: new Map([...byCommand].map(([command, list]) => [command, list.map(([, found]) => found)])),
    manifests: projects.flatMap(({ manifest }) => (manifest ? [manifest] : [])),
  }
  return {
    reasons,
    referredTo: (text, path) => (reasons.size === 0 ? [] : findReferences(names, text, path)),
    isBystander: () => false,
  }
}
