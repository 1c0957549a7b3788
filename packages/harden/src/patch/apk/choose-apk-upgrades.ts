import type { Package } from '@sallyport/inventory'
import { createProviders, type FindProviders } from '../../systems/apk/create-requirements.ts'
import type { ApkStanza } from '../../systems/apk/parse-database.ts'
import { parseDependency, words } from '../../systems/apk/parse-dependency.ts'
import type { ApkCandidate } from './open-repository.ts'

/** Which packages are upgraded together, and which of those asked for are not. */
export interface ChosenApkUpgrades {
  readonly upgrades: ReadonlyMap<Package, ApkCandidate>
  /** Why not, by package. */
  readonly refused: ReadonlyMap<Package, string>
}

/**
 * Chooses a set of upgrades after which every dependency that held, or is new, holds, and nothing conflicts. No package
 * is added; installed ones that have to follow join the set.
 *
 * @param candidates - newer versions
 * @param world - what `/etc/apk/world` asks for: a version that is fixed there stays
 */
export function chooseApkUpgrades(
  stanzas: ReadonlyMap<Package, ApkStanza>,
  candidates: ReadonlyMap<Package, ApkCandidate>,
  world: readonly string[],
  wanted: readonly Package[],
  refused: ReadonlyMap<Package, string>,
): ChosenApkUpgrades {
  const all = new Map(refused)
  const before = createProviders(stanzas)
  for (;;) {
    const selected = new Map<Package, ApkCandidate>()
    const select = (found: Package): boolean => {
      const candidate = candidates.get(found)
      if (!candidate || all.has(found) || selected.has(found)) return false
      selected.set(found, candidate)
      return true
    }
    wanted.forEach(select)
    let broken = checkSelection(selected, select)
    while (broken === 'changed') broken = checkSelection(selected, select)
    // Each round refuses at least one more, so this ends.
    if (broken.size === 0) return { upgrades: selected, refused: all }
    for (const [found, reason] of broken) all.set(found, reason)
  }

  function checkSelection(
    selected: ReadonlyMap<Package, ApkCandidate>,
    select: (found: Package) => boolean,
  ): ReadonlyMap<Package, string> | 'changed' {
    const origins = new Map<Package, Package>()
    const results = [...stanzas].map(([found, stanza]) => {
      const candidate = selected.get(found)
      const result = candidate ? { ...found, version: candidate.version } : found
      origins.set(result, found)
      return [result, { ...stanza, fields: candidate?.fields ?? stanza.fields }] as const
    })
    const find = createProviders(new Map(results))
    const after: FindProviders = (dependency) => find(dependency).map((result) => origins.get(result)!)
    const broken = new Map<Package, string>()
    let isChanged = false
    const blame = (text: string, reason: string) => {
      for (const cause of before(parseDependency(text))) if (selected.has(cause)) broken.set(cause, reason)
    }
    for (const [found, stanza] of stanzas) {
      const candidate = selected.get(found)
      const old = words(stanza.fields.get('D'))
      for (const text of candidate ? words(candidate.fields.get('D')) : old) {
        const dependency = parseDependency(text)
        if (dependency.isConflict) {
          const known = new Set(old.includes(text) ? before(dependency) : [])
          for (const hit of after(dependency)) {
            if (hit === found || known.has(hit)) continue
            if (select(hit)) isChanged = true
            else broken.set(candidate ? found : hit, `${found.name} conflicts with ${text.slice(1)}`)
          }
          continue
        }
        if (after(dependency).length > 0) continue
        const held = before(dependency).length > 0
        if (candidate) {
          if (!held && old.includes(text)) continue
          if (findFollowers(dependency.name, before).some(select)) isChanged = true
          else broken.set(found, `it needs ${text}, which is not installed in such a version`)
        } else if (held) {
          if (select(found)) isChanged = true
          else blame(text, `${found.name} needs ${text} and can't follow`)
        }
      }
    }
    for (const text of world) {
      const dependency = parseDependency(text)
      if (!dependency.isConflict && before(dependency).length > 0 && after(dependency).length === 0)
        blame(text, `/etc/apk/world asks for ${text}`)
    }
    return isChanged ? 'changed' : broken
  }

  /** Installed packages whose newer version may be what is asked for. */
  function findFollowers(name: string, find: FindProviders): readonly Package[] {
    const offering = [...candidates].flatMap(([found, { fields }]) =>
      words(fields.get('p')).some((word) => parseDependency(word).name === name) ? [found] : [],
    )
    return [...new Set([...find(parseDependency(name)), ...offering])]
  }
}
