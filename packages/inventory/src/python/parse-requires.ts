import { maxDependencies } from '../internal/limits.ts'
import { parseRequirement, type PythonRequirement } from './parse-metadata.ts'

/** Reads setuptools' `requires.txt`: lines of needs, in sections `[extra]`, `[:marker]` or `[extra:marker]`. */
export function parseRequires(text: string): readonly PythonRequirement[] {
  const found: PythonRequirement[] = []
  let section: string | undefined
  for (const line of text.split(/\r?\n/)) {
    const trimmed = line.trim()
    if (trimmed.startsWith('[') && trimmed.endsWith(']')) section = trimmed.slice(1, -1)
    // What an extra needs is needed only by who asks for it.
    else if (section === undefined || section.startsWith(':')) {
      const marker = section?.slice(1)
      for (const one of parseRequirement(trimmed)) found.push(marker ? { ...one, marker } : one)
    }
    if (found.length >= maxDependencies) break
  }
  return found
}
