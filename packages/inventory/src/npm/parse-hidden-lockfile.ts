import { isObject } from '../internal/is-object.ts'
import { parseIntegrity } from '../internal/parse-integrity.ts'
import { parseJson } from '../internal/parse-json.ts'
import type { PackageChecksum } from '../inventory.ts'

/** What npm noted of a package when it installed it. */
export interface LockedPackage {
  readonly version: string
  /** Of the archive that it was unpacked from. */
  readonly checksums: readonly PackageChecksum[]
}

/**
 * Reads `node_modules/.package-lock.json`, in which npm 7 and later keep what they installed, by folder relative to
 * the one around `node_modules`.
 *
 * @throws {SyntaxError} when it is none.
 */
export function parseHiddenLockfile(text: string): ReadonlyMap<string, LockedPackage> {
  const value = parseJson(text)
  if (!isObject(value) || !isObject(value.packages)) throw new SyntaxError('expected an object with packages')
  const found = new Map<string, LockedPackage>()
  for (const [folder, entry] of Object.entries(value.packages)) {
    if (!isObject(entry) || typeof entry.version !== 'string') continue
    found.set(folder, { version: entry.version, checksums: parseIntegrity(entry.integrity) })
  }
  return found
}
