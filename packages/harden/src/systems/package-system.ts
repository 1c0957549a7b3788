import type { Image } from '@sallyport/image'
import type { Package, PackageType } from '@sallyport/inventory'

/** One thing that a package needs; any one of several packages satisfies it. */
export interface Requirement {
  /** As its database writes it, e.g. `default-mta | mail-transport-agent` or `so:libz.so.1`. */
  readonly text: string
  /** Packages of the image that satisfy it, the one to keep first; empty when nothing does. */
  readonly satisfiedBy: readonly Package[]
}

/** What leaves an image and what changes in it, while it is being worked out. */
export interface DatabaseEdit {
  /** Canonical paths that leave; a system adds its own records. */
  readonly remove: Set<string>
  /** New content of files that stay. */
  readonly replace: Map<string, Uint8Array>
}

/**
 * Packages of a language that may leave although the folders of their interpreter are kept whole. One does unless
 * something else reaches it: a command, a script, a program, source code that refers to it, or a package that needs it.
 */
export interface LeavingPackages {
  /** Why each may leave, e.g. `a development dependency`. */
  readonly reasons: ReadonlyMap<Package, string>
  /** Those that a text refers to: of a file at `path`, or of a command or variable of the configuration. */
  referredTo(text: string, path?: string): readonly Package[]
  /** Whether a file names them without needing them, such as a module that only installs packages. */
  isBystander(path: string): boolean
}

/** The packages of one kind in one image. */
export interface OpenedSystem {
  /** Why none of them can leave, e.g. a database in a form that can't be edited. */
  readonly refusal?: string | undefined
  /** Packages that can't leave, and why, whatever is reached. */
  readonly fixed: ReadonlyMap<Package, string>
  /** Packages that a rule keeps whatever is reached, and why, unless somebody drops them by name. Default: none. */
  readonly protected?: ReadonlyMap<Package, string> | undefined
  /** Packages that may leave although a rule for whole folders reaches them. Default: none. */
  readonly leaving?: LeavingPackages | undefined
  /** What a package declares that it needs. */
  requirementsOf(found: Package): readonly Requirement[]
  /** Canonical paths, folders too, that the database says a package holds, and that must be there while it stays. */
  listedPaths(found: Package): Promise<readonly string[]>
  /** Paths of records that belong to a package alone, and leave with it. */
  recordPaths(found: Package): readonly string[]
  /**
   * What lists beside the records of packages name, such as apk's `world` and npm's hidden lockfile: it leaves them with
   * the package. Default: nothing.
   */
  readonly wanted?: readonly Requirement[] | undefined
  /** Takes packages out of the database. Their files and record paths are in `edit.remove` already. */
  removePackages(edit: DatabaseEdit, removed: readonly Package[], kept: readonly Package[]): Promise<void>
  /** Takes some files of a package that stays out of its lists and sums, for files that leave alone. */
  removeFiles?(edit: DatabaseEdit, files: ReadonlyMap<Package, readonly string[]>): Promise<void>
}

/** Options of {@link PackageSystem.open}. */
export interface OpenSystemOptions {
  /** Names of language packages that may leave, declared by somebody who knows the application. */
  readonly drop?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
}

/** A kind of package database, and what can be done with it without running anything of the image. */
export interface PackageSystem {
  /** Type of the packages that it is about. */
  readonly type: PackageType
  /** Whether its database has a record of this package that can be taken out. */
  holds(found: Package): boolean
  /** Reads what it needs to know. `packages`: all of the image. */
  open(image: Image, packages: readonly Package[], options: OpenSystemOptions): Promise<OpenedSystem>
}
