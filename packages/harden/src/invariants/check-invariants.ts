import type { Image } from '@sallyport/image'
import type { Inventory, Package } from '@sallyport/inventory'
import type { InvariantResult, OpenDependency } from '../harden-result.ts'
import { openSystems } from '../systems/open-systems.ts'
import { analyzeUsage, type UsageAnalysis } from '../usage/analyze-usage.ts'
import { checkComparison } from './check-comparison.ts'
import { findLayerEntries } from './check-layers.ts'
import { compareConfiguration } from './compare-configuration.ts'
import { compareFiles, findChangedFiles, type MeantChanges } from './compare-files.ts'
import { type ComparedFinding, compareFindings } from './compare-findings.ts'
import { compareInventories } from './compare-inventories.ts'
import { compareLayerBytes } from './compare-layer-bytes.ts'
import { compareMetadata } from './compare-metadata.ts'
import { compareImages, type Comparison } from './comparison.ts'
import { isDatabaseFile } from './is-database-file.ts'
import { type CheckedInvariant, toResult } from './invariant.ts'

/** An open image and its packages. */
export interface InvariantSubject {
  /** The image, open. */
  readonly image: Image
  /** Its packages. */
  readonly inventory: Inventory
}

/**
 * Options of {@link checkInvariants}: what was meant to change, and what else is known. A `HardenReport` fits. What
 * nobody says was meant breaks a law.
 */
export interface CheckInvariantsOptions {
  /** Packages that were meant to leave. Default: those that did, whose files must be gone then. */
  readonly removed?: readonly { readonly purl: string }[] | undefined
  /** Paths that were meant to leave besides the files and records of these packages. */
  readonly removedPaths?: readonly string[] | undefined
  /** Files that were meant to have other content, besides package databases and files of packages with another version. */
  readonly changedPaths?: readonly string[] | undefined
  /** Paths that were meant to be new, besides files of packages with another version. */
  readonly addedPaths?: readonly string[] | undefined
  /** Paths whose mode, owner or attributes were meant to change. */
  readonly exceptions?: readonly string[] | undefined
  /** Keys of the configuration's `config` that were meant to change, e.g. `User`. */
  readonly configuration?: readonly string[] | undefined
  /** Dependencies that were consciously opened. */
  readonly openDependencies?: readonly OpenDependency[] | undefined
  /** Commands besides those of the configuration that the image must still run. */
  readonly commands?: readonly (readonly string[])[] | undefined
  /** Findings in the control image, see {@link controlImage}, and in the image after. Without them I10 is not checked. */
  readonly findings?:
    | { readonly control: readonly ComparedFinding[]; readonly after: readonly ComparedFinding[] }
    | undefined
  /** Packages that the same hardening would remove from the image after. Without them I12 is not checked. */
  readonly again?: readonly { readonly purl: string }[] | undefined
  /** Usage of the image before, where it is known already. */
  readonly analysis?: UsageAnalysis | undefined
  /** Ends the checks; they reject with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/** One thing that breaks a law. */
export interface InvariantSample {
  /** What is wrong, in words. */
  readonly what: string
  /** Path in the image that it is about. */
  readonly path?: string | undefined
  /** purl of the package that it is about. */
  readonly package?: string | undefined
}

/** The outcome of one law, with samples. */
export interface CheckedLaw extends InvariantResult {
  /** How often it is broken. */
  readonly count: number
  /** At most ten examples. */
  readonly samples: readonly InvariantSample[]
}

/** Outcome of {@link checkInvariants}. */
export interface InvariantReport {
  /** Whether every law that was checked holds. */
  readonly holds: boolean
  /** Every law that was checked. */
  readonly laws: readonly CheckedLaw[]
  /** Laws that could not be checked, for want of what they are about. */
  readonly unchecked: readonly string[]
}

/**
 * Checks the laws I1 to I13 between two images: the same one before and after something, whatever tool did it. Contents
 * are compared byte by byte where a layer is another. Nothing is run, and nothing is written.
 */
export async function checkInvariants(
  before: InvariantSubject,
  after: InvariantSubject,
  options: CheckInvariantsOptions = {},
): Promise<InvariantReport> {
  const { commands, openDependencies, findings, again, exceptions = [], configuration = [], signal } = options
  const { image, inventory } = before
  const analysis = options.analysis ?? (await analyzeUsage(image, inventory, { commands, signal }))
  const changed = await findChangedFiles(image, after.image, signal)
  const comparison = await compareImages(await openSide(before, signal), await openSide(after, signal), {
    analysis,
    changed,
    commands,
    openDependencies,
    signal,
  })
  const meant = meantChanges(comparison, options)
  const removed = new Set<string>()
  for (const { path } of image.tree.entries()) if (!after.image.tree.get(path)) removed.add(path)
  const excepted = new Set([...exceptions, ...meant.added, ...filesOf(comparison.upgraded.values())])
  const laws: CheckedInvariant[] = [
    ...(await checkComparison(comparison, signal)),
    { id: 'I7', violations: compareFiles(image, after.image, changed, meant) },
    { id: 'I8', violations: compareMetadata(image, after.image, excepted) },
    { id: 'I9', violations: checkScannability(comparison, before, after, options) },
    ...(findings ? [{ id: 'I10', violations: compareFindings(findings.control, findings.after) }] : []),
    {
      id: 'I11',
      violations: [
        ...(await findLayerEntries(after.image, image.tree, { removed, changed }, signal)),
        ...(await compareLayerBytes(image, after.image, changed)),
      ],
    },
    ...(again
      ? [
          {
            id: 'I12',
            violations: again.map(({ purl }) => ({
              message: `${purl} could be removed from the result`,
              package: purl,
            })),
          },
        ]
      : []),
    { id: 'I13', violations: await compareConfiguration(image, after.image, new Set(configuration), signal) },
  ]
  return {
    holds: laws.every(({ violations }) => violations.length === 0),
    laws: laws.map(toLaw),
    unchecked: [...(findings ? [] : ['I10']), ...(again ? [] : ['I12'])],
  }
}

async function openSide(
  { image, inventory: { packages } }: InvariantSubject,
  signal: AbortSignal | undefined,
) {
  return { image, packages, systems: await openSystems(image, packages, { signal }) }
}

function filesOf(packages: Iterable<Package>): readonly string[] {
  return [...packages].flatMap(({ files }) => files)
}

function meantChanges(
  { before, after, removed, upgraded, changed }: Comparison,
  { removed: declared, removedPaths = [], changedPaths = [], addedPaths = [] }: CheckInvariantsOptions,
): MeantChanges {
  const held = new Set(
    after.packages.flatMap((found) => [...found.files, ...after.systems.recordPaths(found)]),
  )
  const purls = declared && new Set(declared.map(({ purl }) => purl))
  const leaving = purls ? before.packages.filter(({ purl }) => purls.has(purl)) : removed
  const left = [...leaving, ...upgraded.keys()].flatMap((found) => [
    ...found.files,
    ...before.systems.recordPaths(found),
  ])
  const renewed = [...upgraded.values()].flatMap((found) => [
    ...found.files,
    ...after.systems.recordPaths(found),
  ])
  return {
    removed: new Set([...left.filter((path) => !held.has(path)), ...removedPaths]),
    changed: new Set([...changedPaths, ...renewed, ...[...changed].filter(isDatabaseFile)]),
    added: new Set([...addedPaths, ...renewed.filter((path) => !before.image.tree.get(path))]),
  }
}

/** I9: nobody says which packages were to leave, or exactly those left; and a version that is another has other files. */
function checkScannability(
  { removed, upgraded, changed }: Comparison,
  before: InvariantSubject,
  after: InvariantSubject,
  { removed: declared }: CheckInvariantsOptions,
): CheckedInvariant['violations'] {
  const gone = new Set(removed)
  const purls = declared && new Set(declared.map(({ purl }) => purl))
  const expected = before.inventory.packages
    .filter((found) =>
      purls ? !purls.has(found.purl) && !(found.ownedBy && purls.has(found.ownedBy)) : !gone.has(found),
    )
    .map((found) => upgraded.get(found) ?? found)
  const isSame = ([old, now]: readonly [Package, Package]) =>
    now.files.every((path) => old.files.includes(path) && !changed.has(path))
  // Of packages that are built together, some may hold nothing that differs: links, and documentation that is left out.
  const changedSources = new Set(
    [...upgraded].filter((pair) => !isSame(pair)).map(([, now]) => sourceOf(now)),
  )
  const renamed = [...upgraded].filter(
    (pair) => pair[1].files.length > 0 && isSame(pair) && !changedSources.has(sourceOf(pair[1])),
  )
  return [
    ...compareInventories(before.inventory, after.inventory, expected),
    ...renamed.map(([old, now]) => ({
      message: `${now.purl} has the very files of version ${old.version}`,
      package: now.purl,
    })),
  ]
}

const sourceOf = ({ name, version, source }: Package) =>
  `${source?.name ?? name} ${source?.version ?? version}`

const maxSamples = 10

function toLaw(checked: CheckedInvariant): CheckedLaw {
  return {
    ...toResult(checked),
    count: checked.violations.length,
    samples: checked.violations
      .slice(0, maxSamples)
      .map(({ message, at, package: found }) => ({ what: message, path: at, package: found })),
  }
}
