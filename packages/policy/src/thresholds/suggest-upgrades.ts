import { compareVersions, isUnparseable } from '@sallyport/scan'
import type { JudgedFinding } from '../judged-finding.ts'

const mostNames = 10

/** What can be done about findings: the nearest versions that fix them, and packages of which no fix is known. */
export function suggestUpgrades(findings: readonly JudgedFinding[]): string {
  const upgrades = new Map<string, string>()
  const unfixed = new Set<string>()
  for (const finding of findings) {
    const { package: name, purl, fix } = finding
    const target = fix.state === 'fixed' ? nearestFix(finding) : undefined
    if (target === undefined) {
      unfixed.add(name)
      continue
    }
    const known = upgrades.get(name)
    if (known === undefined || (known !== target && isAbove(typeOf(purl), target, known))) {
      upgrades.set(name, target)
    }
  }
  const steps: string[] = []
  if (upgrades.size > 0) {
    steps.push(`upgrade ${list([...upgrades].map(([name, version]) => `${name} to ${version}`))}`)
  }
  if (unfixed.size > 0) {
    steps.push(
      `for ${list([...unfixed])} no fix is known: do without it, or add a waiver with a reason and an expiry`,
    )
  }
  return steps.join('; ')
}

function nearestFix({ purl, version, fix: { suggested, versions } }: JudgedFinding): string | undefined {
  if (suggested !== undefined || versions.length < 2) return suggested ?? versions[0]
  const type = typeOf(purl)
  return versions.find((one) => isAbove(type, one, version)) ?? versions.at(-1)
}

function isAbove(type: string, one: string, other: string): boolean {
  const order = compareVersions(type, one, other)
  return isUnparseable(order) ? one > other : order > 0
}

const typeOf = (purl: string): string => purl.slice('pkg:'.length, purl.indexOf('/'))

function list(names: readonly string[]): string {
  const shown = names.slice(0, mostNames).join(', ')
  return names.length > mostNames ? `${shown} and ${names.length - mostNames} more` : shown
}
