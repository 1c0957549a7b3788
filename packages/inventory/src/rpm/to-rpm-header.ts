import { quote } from '../internal/quote.ts'
import { listRpmFiles } from './list-rpm-files.ts'
import type { RpmTags } from './parse-header.ts'
import type { RpmHeader } from './rpm-database.ts'

/** Tags of headers (rpm, `rpmtag.h`). */
const tags = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  vendor: 1011,
  license: 1014,
  arch: 1022,
  sourceRpm: 1044,
  provideNames: 1047,
  requireFlags: 1048,
  requireNames: 1049,
  requireVersions: 1050,
  provideFlags: 1112,
  provideVersions: 1113,
  modularityLabel: 5096,
}

const nameText = /^[^\s/:@\p{Cc}]{1,255}$/u
/** A version or a release. */
export const versionText: RegExp = /^[A-Za-z0-9._+~^]{1,255}$/
const configurationFlag = 1
const ghostFlag = 1 << 6
const kindMask = 0o170000
const directoryKind = 0o040000
const regularKind = 0o100000

/**
 * Takes out of a header what an inventory needs.
 *
 * @throws {SyntaxError} when it has no usable name, version or release, or lists that do not fit together.
 */
export function toRpmHeader(header: RpmTags): RpmHeader {
  const name = header.text(tags.name) ?? ''
  if (!nameText.test(name)) throw new SyntaxError(`not a package name: ${quote(name)}`)
  const [version, release] = [tags.version, tags.release].map((tag) => {
    const text = header.text(tag) ?? ''
    if (!versionText.test(text)) throw new SyntaxError(`not a version of ${name}: ${quote(text)}`)
    return text
  })
  const given = (tag: number) => {
    const text = header.text(tag)
    return text === '' || text === '(none)' ? undefined : text
  }
  return {
    name,
    epoch: header.numbers(tags.epoch)[0],
    version: version!,
    release: release!,
    arch: given(tags.arch),
    license: given(tags.license),
    vendor: given(tags.vendor),
    sourceRpm: given(tags.sourceRpm),
    modularityLabel: given(tags.modularityLabel),
    requires: capabilities(header, [tags.requireNames, tags.requireFlags, tags.requireVersions]),
    provides: capabilities(header, [tags.provideNames, tags.provideFlags, tags.provideVersions]),
    ...installedFiles(header, name),
  }
}

function capabilities(
  header: RpmTags,
  [names, flags, versions]: readonly [number, number, number],
): string[] {
  const allFlags = header.numbers(flags)
  const allVersions = header.texts(versions)
  const all = header.texts(names).map((name, index) => {
    const version = allVersions[index]
    const operator = operatorOf(allFlags[index] ?? 0)
    return version && operator ? `${name} ${operator} ${version}` : name
  })
  return [...new Set(all)]
}

/** `RPMSENSE_LESS`, `_GREATER` and `_EQUAL`. */
function operatorOf(flags: number): string {
  return `${flags & 2 ? '<' : ''}${flags & 4 ? '>' : ''}${flags & 8 ? '=' : ''}`
}

function installedFiles(header: RpmTags, name: string): Pick<RpmHeader, 'files' | 'sums' | 'sumAlgorithm'> {
  const installed = listRpmFiles(header, name).filter(
    ({ path, state, mode, flags }) =>
      path.startsWith('/') &&
      // Any state but `RPMFILE_STATE_NORMAL`: replaced by another package, or left out.
      state === 0 &&
      (mode & kindMask) !== directoryKind &&
      (flags & ghostFlag) === 0,
  )
  const sums = installed.map(({ mode, flags, sum }) => {
    if (mode !== 0 && (mode & kindMask) !== regularKind) return ''
    return sum === undefined || (flags & configurationFlag) !== 0 ? null : sum
  })
  return {
    files: installed.map(({ path }) => path),
    sums: sums.some((sum) => sum !== null) ? sums : [],
    sumAlgorithm: installed[0]?.algorithm ?? 1,
  }
}
