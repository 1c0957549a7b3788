import { type AccessQuirks, faithfulAccess } from './access-quirks.ts'
import { type BlobQuirks, faithfulBlobs } from './blob-quirks.ts'
import { faithfulListings, type ListingQuirks } from './listing-quirks.ts'
import { faithfulManifests, type ManifestQuirks } from './manifest-quirks.ts'
import { faithfulReferrers, type ReferrersQuirks } from './referrers-quirks.ts'

/**
 * Ways in which real registries differ from the OCI distribution specification 1.1 or from each other.
 * The defaults make a faithful registry.
 */
export interface RegistryQuirks
  extends AccessQuirks, BlobQuirks, ListingQuirks, ManifestQuirks, ReferrersQuirks {}

/** The quirks of a registry that follows the specification. */
export const faithfulRegistry: RegistryQuirks = {
  ...faithfulAccess,
  ...faithfulBlobs,
  ...faithfulListings,
  ...faithfulManifests,
  ...faithfulReferrers,
}
