import { decodeName, encodeName } from '@sallyport/image'
import type { Distro, Package } from '@sallyport/inventory'
import { compareApkVersions, isUnparseable } from '@sallyport/scan/compare'
import { checksumForms } from '../../systems/apk/edit-lists.ts'
import { type ApkRecords, openDatabases, packScripts } from '../../systems/apk/open-databases.ts'
import { words } from '../../systems/apk/parse-dependency.ts'
import { matchesPattern } from '../deb/path-excludes.ts'
import { emptyEdit, mergeEdit } from '../package-edit.ts'
import { planUpgrades } from '../plan-upgrades.ts'
import type { SourceUse } from '../patch-report.ts'
import type { ApkSource } from '../patch-source.ts'
import type { PatchOutcome, PreparedPatches, PrepareOptions } from '../prepared-patches.ts'
import { readApkScripts, renameScripts, type RenamedScripts, renameTriggers } from './apk-scripts.ts'
import { chooseApkUpgrades } from './choose-apk-upgrades.ts'
import { type ApkCandidate, type OpenedRepository, openRepository } from './open-repository.ts'
import { type ApkUpgradePlan, type ApkUpgradeState, planApkUpgrade } from './plan-apk-upgrade.ts'
import { readMembers } from './read-members.ts'
import { stageApk } from './stage-apk.ts'

/** Packages whose triggers make links to their own commands, or tell a kernel: nothing that an upgrade changes. */
const idleTriggers: ReadonlySet<string> = new Set([
  'alpine-baselayout',
  'busybox',
  'kmod',
  'mdev-conf',
  'mandoc-apropos',
])

/**
 * Finds, fetches and plans the upgrades of an image's apk packages. Nothing of the image changes yet.
 *
 * @throws {HardenError} when a source can't be trusted or read.
 */
export async function prepareApkPatches(
  sources: readonly ApkSource[],
  options: PrepareOptions,
): Promise<PreparedPatches> {
  const { image, inventory, request, signal, onProgress } = options
  const installed = inventory.packages.filter(({ type }) => type === 'apk')
  const outcomes = new Map<Package, PatchOutcome>()
  const edit = emptyEdit()
  const uses: SourceUse[] = []
  const seen: Record<string, string> = {}
  const unsupported = (reason: string): PreparedPatches => {
    for (const found of installed) outcomes.set(found, { state: 'not-supported', reason })
    return { outcomes, edit, sources: uses, seen }
  }
  const architecture = installed
    .map(({ arch }) => arch)
    .find((arch) => arch !== undefined && arch !== 'noarch')
  if (architecture === undefined) {
    const unusedBecause = 'the image has no package of apk for an architecture'
    uses.push(...sources.map(({ repository }) => ({ name: repository, unusedBecause })))
    return unsupported(unusedBecause)
  }
  const repositories: OpenedRepository[] = []
  for (const source of sources) {
    const opened = await openRepository(source, architecture, options)
    const date = opened.date.toISOString()
    const unusedBecause = findUnfit(opened, inventory.distro)
    uses.push({ name: source.repository, date, unusedBecause })
    seen[source.repository] = date
    onProgress({ type: 'source-opened', name: source.repository, date })
    if (unusedBecause === undefined) repositories.push(opened)
  }
  if (repositories.length === 0)
    return unsupported(`no source is for ${inventory.distro?.prettyName ?? 'this distribution'}`)
  const databases = await openDatabases(image, installed, signal)
  const [records, ...more] = databases.records
  if (databases.refusal !== undefined) return unsupported(databases.refusal)
  if (!records || more.length > 0) return unsupported('the image has several databases of apk')

  const candidates = findCandidates(installed, repositories)
  const wanted = installed.filter((found) => {
    const candidate = candidates.get(found)
    return candidate && request.wants(found, { ...candidate, sourceVersion: candidate.version })
  })
  const world = await readWorld()
  const stateOf = await createStates(records)
  const plans = new Map<Package, ApkUpgradePlan>()
  let refused: ReadonlyMap<Package, string> = new Map()
  let chosen = chooseApkUpgrades(databases.stanzas, candidates, world, wanted, refused)
  for (;;) {
    const rejected = await planUpgrades(chosen.upgrades, plans, {
      stage: (candidate: ApkCandidate) => stageApk(candidate, signal),
      plan: (found, staged) => planApkUpgrade(image, found, staged, stateOf(found), signal),
      onProgress,
      signal,
    })
    refused = new Map([...chosen.refused, ...rejected])
    if (rejected.size === 0) break
    chosen = chooseApkUpgrades(databases.stanzas, candidates, world, wanted, refused)
  }
  for (const [found, { version }] of candidates) {
    const plan = chosen.upgrades.has(found) ? plans.get(found) : undefined
    const reason = refused.get(found)
    const base = { version, sourceVersion: version }
    if (plan) {
      const { keptConffiles, leftOut } = plan
      outcomes.set(found, { ...base, state: 'patched', keptConffiles, leftOut })
    } else if (reason === undefined) outcomes.set(found, { ...base, state: 'available' })
    else outcomes.set(found, { ...base, state: 'refused', reason })
  }
  await writeEdit(records)
  return { outcomes, edit, sources: uses, seen }

  async function readWorld(): Promise<readonly string[]> {
    const node = image.tree.resolve('/etc/apk/world')
    return node?.type === 'file' ? words(decodeName(await image.readFile(node, { signal }))) : []
  }

  async function createStates({
    scripts,
    triggers,
    path,
  }: ApkRecords): Promise<(found: Package) => ApkUpgradeState> {
    const members = scripts ? await readMembers(scripts.tar, path) : []
    const owners = new Map<string, Package[]>()
    const folders = new Map<string, Set<Package>>()
    for (const [found, { folders: own }] of databases.stanzas) {
      for (const file of found.files) owners.set(file, [...(owners.get(file) ?? []), found])
      for (const folder of own.map((one) => image.tree.canonicalize(one)))
        folders.set(folder, (folders.get(folder) ?? new Set()).add(found))
    }
    const names = new Map<string, string>()
    for (const [{ name }, { fields }] of databases.stanzas)
      for (const form of checksumForms(fields.get('C') ?? '')) names.set(form, name)
    const watchers = (triggers?.text ?? '').split('\n').flatMap((line) => {
      const [sum = '', ...patterns] = words(line)
      const name = names.get(sum)
      return name === undefined || idleTriggers.has(name) ? [] : [{ name, patterns }]
    })
    return (found) => {
      const stanza = databases.stanzas.get(found)!
      return {
        stanza,
        scripts: readApkScripts(members, triggers?.text ?? '', stanza.fields.get('C') ?? ''),
        otherOwners: (file) => (owners.get(file) ?? []).filter((one) => one !== found),
        isListedByOthers: (folder) => [...(folders.get(folder) ?? [])].some((one) => one !== found),
        triggeredBy: (folder) =>
          watchers.find(({ patterns }) =>
            patterns.some((pattern) => matchesPattern(pattern.replace(/^\+/, ''), folder)),
          )?.name,
      }
    }
  }

  async function writeEdit({ path, text, scripts, triggers }: ApkRecords): Promise<void> {
    if (chosen.upgrades.size === 0) return
    const renamed: RenamedScripts[] = []
    const byStart = [...databases.stanzas].sort(([, one], [, other]) => one.start - other.start)
    let written = ''
    let from = 0
    for (const [found, stanza] of byStart) {
      const candidate = chosen.upgrades.get(found)
      if (!candidate) continue
      const plan = plans.get(found)!
      mergeEdit(edit, plan.edit)
      const { version, checksum: newChecksum } = candidate
      renamed.push({ name: found.name, version, oldChecksum: stanza.fields.get('C') ?? '', newChecksum })
      written += text.slice(from, stanza.start) + plan.stanza
      from = stanza.start + stanza.lines.join('\n').length
    }
    edit.replace.set(path, encodeName(written + text.slice(from)))
    if (scripts) {
      const tar = await renameScripts(scripts.tar, renamed, scripts.path)
      if (tar !== scripts.tar) edit.replace.set(scripts.path, packScripts(scripts.path, tar))
    }
    const list = triggers && renameTriggers(triggers.text, renamed)
    if (triggers && list !== triggers.text) edit.replace.set(triggers.path, encodeName(list!))
  }
}

function findCandidates(
  installed: readonly Package[],
  repositories: readonly OpenedRepository[],
): ReadonlyMap<Package, ApkCandidate> {
  const byName = new Map<string, ApkCandidate[]>()
  for (const candidate of repositories.flatMap(({ candidates }) => candidates))
    byName.set(candidate.name, [...(byName.get(candidate.name) ?? []), candidate])
  const newest = new Map<Package, ApkCandidate>()
  for (const found of installed) {
    for (const candidate of byName.get(found.name) ?? []) {
      if (candidate.architecture !== found.arch) continue
      const than = newest.get(found)?.version ?? found.version
      const order = compareApkVersions(candidate.version, than)
      if (!isUnparseable(order) && order > 0) newest.set(found, candidate)
    }
  }
  return newest
}

/** Why nothing is taken from a repository, if so. */
function findUnfit({ source }: OpenedRepository, distro: Distro | undefined): string | undefined {
  const release = /^(\d+\.\d+)/.exec(distro?.versionId ?? '')?.[1]
  const named = /(?:^|\/)(?:v(\d+\.\d+)|edge)(?:\/|$)/.exec(source.repository)
  if (!named || release === undefined || named[1] === release) return undefined
  return `it is for ${named[1] ?? 'edge'}, the image is ${release}`
}
