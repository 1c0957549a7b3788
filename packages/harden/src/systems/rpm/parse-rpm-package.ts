import { listRpmFiles, parseRpmHeader, type RpmFile } from '@sallyport/inventory'

/** A capability that a package has or needs: a name, and with bits of `RPMSENSE_SENSEMASK` a version. */
export interface Capability {
  readonly name: string
  /** `RPMSENSE_*` (rpm, `rpmds.h`). */
  readonly flags: number
  /** Empty where there is none. */
  readonly version: string
}

/** What removing a package needs to know of its header. */
export interface RpmPackage {
  /** Name, version and architecture, by which the inventory knows it too. */
  readonly key: string
  readonly name: string
  readonly evr: string
  readonly requires: readonly Capability[]
  readonly provides: readonly Capability[]
  readonly files: readonly RpmFile[]
}

const tags = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  arch: 1022,
  provideNames: 1047,
  requireFlags: 1048,
  requireNames: 1049,
  requireVersions: 1050,
  provideFlags: 1112,
  provideVersions: 1113,
}

/**
 * Reads a header of an rpm database.
 *
 * @throws {SyntaxError} when it can't be read.
 */
export function parseRpmPackage(blob: Uint8Array): RpmPackage {
  const header = parseRpmHeader(blob)
  const name = header.text(tags.name) ?? ''
  const epoch = header.numbers(tags.epoch)[0]
  const evr = `${epoch === undefined ? '' : `${epoch}:`}${header.text(tags.version)}-${header.text(tags.release)}`
  const capabilities = (names: number, flags: number, versions: number): readonly Capability[] => {
    const allFlags = header.numbers(flags)
    const allVersions = header.texts(versions)
    return header.texts(names).map((text, index) => ({
      name: text,
      flags: allFlags[index] ?? 0,
      version: allVersions[index] ?? '',
    }))
  }
  return {
    key: packageKey(name, evr, header.text(tags.arch)),
    name,
    evr,
    requires: capabilities(tags.requireNames, tags.requireFlags, tags.requireVersions),
    provides: capabilities(tags.provideNames, tags.provideFlags, tags.provideVersions),
    files: listRpmFiles(header, name),
  }
}

/** What tells packages of one database apart. */
export function packageKey(name: string, evr: string, arch: string | undefined): string {
  return [name, evr, arch === '(none)' ? '' : (arch ?? '')].join('\n')
}
