import type { CredentialProvider } from '../ports/credential-provider.ts'

/** Asks providers in order; the first one that knows the registry counts. */
export function firstCredentials(...providers: readonly CredentialProvider[]): CredentialProvider {
  return {
    async find(query, options) {
      for (const provider of providers) {
        const found = await provider.find(query, options)
        if (found !== undefined) return found
      }
      return undefined
    },
  }
}
