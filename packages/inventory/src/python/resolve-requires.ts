import { evaluateMarker, type MarkerEnvironment } from './evaluate-marker.ts'
import type { PythonRequirement } from './parse-metadata.ts'

/** A distribution as far as others may need it. */
export interface Installed {
  /** Folder that Python imports it from, e.g. `…/site-packages`. */
  readonly folder: string
  readonly name: string
  readonly purl: string
  readonly requires: readonly PythonRequirement[]
}

const linux: readonly (readonly [string, string])[] = [
  ['os_name', 'posix'],
  ['sys_platform', 'linux'],
  ['platform_system', 'Linux'],
  ['extra', ''],
]

/**
 * Finds what each distribution needs among those beside it: what it needs always, or under a marker that surely holds
 * here.
 */
export function resolveRequires(
  all: readonly Installed[],
): (one: Installed) => readonly string[] | undefined {
  const folders = new Map<string, Map<string, string>>()
  for (const { folder, name, purl } of all) {
    const names = folders.get(folder) ?? new Map<string, string>()
    names.set(name, purl)
    folders.set(folder, names)
  }
  return ({ folder, purl, requires }) => {
    const environment = toEnvironment(folder)
    const beside = [folder, ...debianFolder(folder)]
    const found = requires.flatMap(({ name, marker }) => {
      if (marker !== undefined && evaluateMarker(marker, environment) !== true) return []
      for (const path of beside) {
        const known = folders.get(path)?.get(name)
        if (known !== undefined) return known === purl ? [] : known
      }
      return []
    })
    return found.length > 0 ? [...new Set(found)].sort() : undefined
  }
}

function toEnvironment(folder: string): MarkerEnvironment {
  const version = /\/python(\d\.\d+)\//.exec(folder)?.[1]
  return new Map(version === undefined ? linux : [...linux, ['python_version', version] as const])
}

/** Debian's Python looks into its own folder after the local one. */
const debianFolder = (folder: string): readonly string[] =>
  /^\/usr\/local\/lib\/python3[^/]*\/dist-packages$/.test(folder) ? ['/usr/lib/python3/dist-packages'] : []
