import type { Responses } from '@sallyport/monitor'
import type { RegistryClient } from '@sallyport/oci'

/** Keeps a copy of what was pushed, and moves the tag back. `gate` writes with an identity that `gateActors` names. */
export const respondTo = (gate: RegistryClient, registry: string): Responses => ({
  quarantine: (place) => gate.repository({ registry, repository: `quarantine/${repositoryOf(place)}` }),
  moveTagBack: (place) => gate.repository({ registry, repository: repositoryOf(place) }),
  onResponse: ({ alert, response, done, message }) =>
    console.log(`${alert}: ${response} ${done ? 'done' : 'refused'}: ${message}`),
})

const repositoryOf = (place: string) => place.slice(place.indexOf('/') + 1)
