import type { Responses } from '@sallyport/monitor'
import type { RegistryClient } from '@sallyport/oci'

/** Keeps a copy of what was pushed in a registry that is not watched, and moves the tag back. */
export const respondTo = (gate: RegistryClient, registry: string, quarantine: string): Responses => ({
  quarantine: (place) =>
    gate.repository({ registry: quarantine, repository: `quarantine/${repositoryOf(place)}` }),
  moveTagBack: (place) => gate.repository({ registry, repository: repositoryOf(place) }),
  onResponse: ({ alert, response, done, message }) =>
    console.log(`${alert}: ${response} ${done ? 'done' : 'refused'}: ${message}`),
})

const repositoryOf = (place: string) => place.slice(place.indexOf('/') + 1)
