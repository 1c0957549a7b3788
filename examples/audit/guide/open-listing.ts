import { env } from 'node:process'
import { distributionListing, type DistributionListingOptions, type RegistryListing } from '@sallyport/audit'
import { ecrListing, harborListing, zotListing } from '@sallyport/audit/listings'

/** Lists a registry by its own interface where it has one. */
export function openListing(
  kind: string,
  registry: string,
  client: DistributionListingOptions['client'],
): RegistryListing {
  switch (kind) {
    case 'harbor': {
      const login = { username: 'robot$audit', password: async () => env['HARBOR_SECRET'] ?? '' }
      return harborListing({ registry, login })
    }
    case 'ecr':
      return ecrListing({ registry }) // with the credentials of AWS in the environment
    case 'zot':
      return zotListing({ registry, fallback: distributionListing({ client, registry }) })
    default:
      return distributionListing({ client, registry })
  }
}
