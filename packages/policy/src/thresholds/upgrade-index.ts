import { compareVersions, isUnparseable } from '@sallyport/scan/compare'
import { compareText } from '../compare-text.ts'
import type { JudgedFinding } from '../judged-finding.ts'

/** What mends findings, worked out once for all rules that they break. */
export interface UpgradeIndex {
  /**
   * What can be done about findings at some positions: the nearest versions that mend them all, and packages of which no
   * fix is known.
   */
  suggest(positions: readonly number[]): string
}

const mostNames = 10
const noFix = -1

/** A package by its name, and the versions that mend its findings, the lowest first. */
interface Upgradable {
  readonly name: string
  readonly versions: readonly string[]
}

/** Numbers packages by name, and ranks the nearest fix of each finding among those of its package. */
export function indexUpgrades(findings: readonly JudgedFinding[]): UpgradeIndex {
  const numbers = new Map<string, number>()
  const found: { name: string; type: string; positions: number[] }[] = []
  const numberOf = new Int32Array(findings.length)
  const targets = findings.map((finding, position) => {
    const name = finding.package
    let number = numbers.get(name)
    if (number === undefined) {
      number = found.length
      numbers.set(name, number)
      found.push({ name, type: typeOf(finding.purl), positions: [] })
    }
    numberOf[position] = number
    found[number]!.positions.push(position)
    return nearestFix(finding)
  })
  const rankOf = new Int32Array(findings.length).fill(noFix)
  const packages = found.map(({ name, type, positions }): Upgradable => {
    const versions = sortVersions(type, [
      ...new Set(positions.flatMap((position) => targets[position] ?? [])),
    ])
    for (const position of positions) {
      const target = targets[position]
      if (target !== undefined) rankOf[position] = versions.indexOf(target)
    }
    return { name, versions }
  })
  return { suggest: (positions) => suggestUpgrades(positions, { packages, numberOf, rankOf }) }
}

function suggestUpgrades(
  positions: readonly number[],
  {
    packages,
    numberOf,
    rankOf,
  }: {
    readonly packages: readonly Upgradable[]
    readonly numberOf: Int32Array
    readonly rankOf: Int32Array
  },
): string {
  const highest = new Int32Array(packages.length).fill(noFix)
  const hasUnfixed = new Uint8Array(packages.length)
  const upgrades: number[] = []
  const unfixed: number[] = []
  for (const position of positions) {
    const number = numberOf[position]!
    const rank = rankOf[position]!
    if (rank === noFix) {
      if (hasUnfixed[number] === 0) unfixed.push(number)
      hasUnfixed[number] = 1
    } else if (rank > highest[number]!) {
      if (highest[number] === noFix) upgrades.push(number)
      highest[number] = rank
    }
  }
  const steps: string[] = []
  if (upgrades.length > 0) {
    steps.push(
      `upgrade ${list(upgrades, (number) => `${packages[number]!.name} to ${packages[number]!.versions[highest[number]!]}`)}`,
    )
  }
  if (unfixed.length > 0) {
    steps.push(
      `for ${list(unfixed, (number) => packages[number]!.name)} no fix is known: do without it, or add a waiver with a reason and an expiry`,
    )
  }
  return steps.join('; ')
}

/** The lowest version that is known to mend a finding; `undefined` where none can be installed. */
function nearestFix({
  purl,
  version,
  fix: { state, suggested, versions },
}: JudgedFinding): string | undefined {
  if (state !== 'fixed') return undefined
  if (suggested !== undefined || versions.length < 2) return suggested ?? versions[0]
  const type = typeOf(purl)
  return versions.find((one) => compare(type, one, version) > 0) ?? versions.at(-1)
}

function sortVersions(type: string, versions: readonly string[]): readonly string[] {
  return versions.length < 2 ? versions : versions.toSorted((one, other) => compare(type, one, other))
}

function compare(type: string, one: string, other: string): number {
  const order = compareVersions(type, one, other)
  if (!isUnparseable(order) && order !== 0) return order
  return compareText(one, other)
}

const typeOf = (purl: string): string => purl.slice('pkg:'.length, purl.indexOf('/'))

function list(numbers: readonly number[], describe: (number: number) => string): string {
  const shown = numbers.slice(0, mostNames).map(describe).join(', ')
  return numbers.length > mostNames ? `${shown} and ${numbers.length - mostNames} more` : shown
}
