export { acrListing, type AcrListingOptions } from './acr-listing.ts'
export { artifactoryListing, type ArtifactoryListingOptions } from './artifactory-listing.ts'
export { dockerHubListing, type DockerHubListingOptions } from './docker-hub-listing.ts'
export { ecrListing, type EcrListingOptions, type FindAwsKeys } from './ecr-listing.ts'
export { garListing, type GarListingOptions } from './gar-listing.ts'
export { ghcrListing, type GhcrListingOptions } from './ghcr-listing.ts'
export { gitlabListing, type GitlabListingOptions } from './gitlab-listing.ts'
export { harborListing, type HarborListingOptions } from './harbor-listing.ts'
export type {
  ListingLogin,
  ListingSecret,
  ListingServiceOptions,
  ServiceListing,
} from './listing-options.ts'
export type { ListingTransport } from '../ports/listing-transport.ts'
export { quayListing, type QuayListingOptions } from './quay-listing.ts'
export { zotListing, type ZotListingOptions } from './zot-listing.ts'
