import { type Distro, type Package, parseControlStanzas } from '@sallyport/inventory'
import { emptyEdit, mergeEdit } from '../package-edit.ts'
import { planUpgrades } from '../plan-upgrades.ts'
import type { SourceUse } from '../patch-report.ts'
import type { DebSource } from '../patch-source.ts'
import type { PatchOutcome, PreparedPatches, PrepareOptions } from '../prepared-patches.ts'
import { chooseUpgrades } from './choose-upgrades.ts'
import { readDpkgState } from './dpkg-state.ts'
import { type OpenedSuite, openSuite } from './open-suite.ts'
import { type DebUpgradePlan, planDebUpgrade } from './plan-deb-upgrade.ts'
import { candidateKey, type DebCandidate, isNewer, readCandidates } from './read-candidates.ts'
import { replaceStanzas } from './replace-stanzas.ts'
import { stageDeb } from './stage-deb.ts'

const maxDatabaseBytes = 256 * 1024 * 1024

/**
 * Finds, fetches and plans the upgrades of an image's dpkg packages. Nothing of the image changes yet.
 *
 * @throws {HardenError} when a source can't be trusted or read: there is no image that is patched from half of them.
 */
export async function prepareDebPatches(
  sources: readonly DebSource[],
  options: PrepareOptions,
): Promise<PreparedPatches> {
  const { image, inventory, request, folder, signal, onProgress } = options
  const installed = inventory.packages.filter(({ dpkg }) => dpkg)
  const outcomes = new Map<Package, PatchOutcome>()
  const edit = emptyEdit()
  const { suites, uses, seen } = await openSuites()
  if (suites.length === 0) {
    const reason = `no source is for ${inventory.distro?.prettyName ?? 'this distribution'}`
    for (const found of installed) outcomes.set(found, { state: 'not-supported', reason })
    return { outcomes, edit, sources: uses, seen }
  }

  const candidates = await findCandidates()
  const candidateOf = (found: Package) => candidates.get(candidateKey(found.name, found.arch))
  const wanted = installed.filter((found) => {
    const candidate = candidateOf(found)
    return candidate !== undefined && request.wants(found, candidate)
  })
  const state = await readDpkgState(image, inventory.packages, signal)
  const plans = new Map<Package, DebUpgradePlan>()
  let refused: ReadonlyMap<Package, string> = findFixed(installed)
  let chosen = chooseUpgrades(installed, candidates, wanted, refused)
  for (;;) {
    const rejected = await planUpgrades(chosen.upgrades, plans, {
      stage: (candidate: DebCandidate) => stageDeb(candidate, folder, signal),
      plan: (found, staged) => planDebUpgrade(image, state, found, staged, signal),
      onProgress,
      signal,
    })
    refused = new Map([...chosen.refused, ...rejected])
    if (rejected.size === 0) break
    chosen = chooseUpgrades(installed, candidates, wanted, refused)
  }

  for (const found of installed) {
    const candidate = candidateOf(found)
    if (!candidate) continue
    const { version, sourceVersion } = candidate
    const reason = refused.get(found)
    const plan = chosen.upgrades.has(found) ? plans.get(found) : undefined
    if (plan) {
      const { keptConffiles, leftOut } = plan
      outcomes.set(found, { state: 'patched', version, sourceVersion, keptConffiles, leftOut })
    } else if (reason !== undefined) outcomes.set(found, { state: 'refused', version, sourceVersion, reason })
    else outcomes.set(found, { state: 'available', version, sourceVersion })
  }
  await writeEdit()
  return { outcomes, edit, sources: uses, seen }

  async function openSuites() {
    const opened: OpenedSuite[] = []
    const used: SourceUse[] = []
    const dates: Record<string, string> = {}
    for (const source of sources) {
      const suite = await openSuite(source, options)
      const date = suite.release.date.toISOString()
      const unusedBecause = findUnfit(suite, inventory.distro)
      used.push({ name: source.suite, date, unusedBecause })
      dates[source.suite] = date
      onProgress({ type: 'source-opened', name: source.suite, date })
      if (unusedBecause === undefined) opened.push(suite)
    }
    return { suites: opened, uses: used, seen: dates }
  }

  async function findCandidates(): Promise<ReadonlyMap<string, DebCandidate>> {
    const wantedKeys = new Map(installed.map((found) => [candidateKey(found.name, found.arch), found]))
    const native = new Set(installed.flatMap(({ arch }) => (arch && arch !== 'all' ? [arch] : [])))
    const newest = new Map<string, DebCandidate>()
    for (const suite of suites) {
      const architectures =
        suite.source.architecture === undefined ? [...native].sort() : [suite.source.architecture]
      const served = architectures.filter((one) => suite.release.architectures.includes(one))
      for (const [key, candidate] of await readCandidates(suite, served, new Set(wantedKeys.keys()))) {
        if (isNewer(candidate, newest.get(key)) && isNewer(candidate, wantedKeys.get(key)))
          newest.set(key, candidate)
      }
    }
    return newest
  }

  async function writeEdit(): Promise<void> {
    const stanzas = new Map<string, Map<string, string>>()
    for (const found of chosen.upgrades.keys()) {
      const plan = plans.get(found)!
      mergeEdit(edit, plan.edit)
      const { statusPath, stanza } = found.dpkg!
      const inFile = stanzas.get(statusPath) ?? new Map<string, string>()
      stanzas.set(statusPath, inFile.set(stanza, plan.stanza))
    }
    for (const [path, replacements] of stanzas) {
      const content = await image.readFile(image.tree.get(path)!, { maxBytes: maxDatabaseBytes, signal })
      edit.replace.set(path, replaceStanzas(path, content, replacements))
    }
  }
}

/** Packages that no version can be taken for, whatever it is. */
function findFixed(installed: readonly Package[]): ReadonlyMap<Package, string> {
  const counts = new Map<string, number>()
  for (const { name } of installed) counts.set(name, (counts.get(name) ?? 0) + 1)
  const fixed = new Map<Package, string>()
  for (const found of installed) {
    const [stanza] = [...parseControlStanzas(found.dpkg!.stanza)]
    const status = stanza?.fields.get('status')?.trim().split(/\s+/)
    if (status?.[0] === 'hold') fixed.set(found, 'it is held at its version')
    else if (status && status[2] !== 'installed') fixed.set(found, `dpkg has left it ${status[2]}`)
    else if (counts.get(found.name)! > 1) fixed.set(found, 'it is installed for several architectures')
    else if (found.files.some((path) => path.includes('\n')))
      fixed.set(found, 'a path of it can not be listed')
  }
  return fixed
}

/** Why nothing is taken from a suite, if so. */
function findUnfit({ release }: OpenedSuite, distro: Distro | undefined): string | undefined {
  const codename = release.codename ?? release.suite ?? ''
  const own = distro?.codename
  if (own === undefined) return 'the image does not say which release of its distribution it is'
  if (codename !== own && !codename.startsWith(`${own}-`)) {
    const isOwnSuite = release.suite === own || release.suite?.startsWith(`${own}-`)
    if (!isOwnSuite) return `it is for ${codename}, the image is ${own}`
  }
  return release.notAutomatic ? 'nothing of it is to be installed without being asked for' : undefined
}
