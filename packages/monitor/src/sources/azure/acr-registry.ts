import { EntryError } from '../read/entry-error.ts'
import { quote } from '../read/plain-text.ts'
import { checkRegistry } from '../read/repository-name.ts'

const host = /^[a-z0-9][a-z0-9-]*(?:\.[a-z0-9-]+)*\.azurecr\.(?:io|cn|us)$/

/** Finds the registry of an event: the one of the options, or else the host that the event names. */
export function createAcrPlace(
  registry: string | undefined,
  format: string,
): (named: string | null | undefined) => string {
  if (registry !== undefined) {
    const checked = checkRegistry(registry, format)
    return () => checked
  }
  return (named) => {
    const lower = (named ?? '').toLowerCase()
    if (!host.test(lower)) throw new EntryError(`not a host of Azure Container Registry: ${quote(named)}`)
    return lower
  }
}
