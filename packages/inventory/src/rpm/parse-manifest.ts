import { quote } from '../internal/quote.ts'
import { versionText } from './to-rpm-header.ts'
import type { RpmHeader } from './rpm-database.ts'

/**
 * Reads a line of `container-manifest-2`, which images of Azure Linux without rpm have: name, version-release, two
 * times, vendor, epoch, size, architecture, epoch as a number and source package, between tabs.
 *
 * @throws {SyntaxError} when it has another form.
 */
export function parseManifestLine(line: string): RpmHeader {
  const fields = line.split('\t')
  const [name, evr, , , vendor, epochText, , arch, epochNumber, sourceRpm] = fields
  const match = /^([^-]{1,255})-([^-]{1,255})$/.exec(evr ?? '')
  const epoch = Number(epochNumber)
  if (fields.length !== 10 || !match || ![match[1], match[2]].every((text) => versionText.test(text!))) {
    throw new SyntaxError(`not a package: ${quote(line)}`)
  }
  if (!/^\S{1,255}$/.test(name!) || !/^\d{1,9}$/.test(epochNumber!)) {
    throw new SyntaxError(`not a name or epoch: ${quote(line)}`)
  }
  const given = (text: string | undefined) => (text === '(none)' || text === '' ? undefined : text)
  return {
    name: name!,
    // Some manifests say "(none)" for each epoch; the number is right in all.
    epoch: epoch === 0 && given(epochText) === undefined ? undefined : epoch,
    version: match[1]!,
    release: match[2]!,
    arch: given(arch),
    vendor: given(vendor),
    sourceRpm: given(sourceRpm),
    requires: [],
    provides: [],
    files: [],
    sums: [],
    sumAlgorithm: 1,
  }
}
