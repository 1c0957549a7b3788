import { isIP } from 'node:net'
import type { EventActor } from '../../event/registry-event.ts'
import type { ActorDraft } from '../read/create-event.ts'
import type { CloudTrailRecord } from './cloud-trail.schema.ts'

/** Who did it, by CloudTrail. A role is named by itself and not by its session, which whoever assumes it names. */
export function toCloudTrailActor(record: CloudTrailRecord): ActorDraft {
  const { userIdentity, sourceIPAddress, userAgent } = record
  const issuer = userIdentity?.sessionContext?.sessionIssuer?.arn
  const name = issuer ?? userIdentity?.arn ?? userIdentity?.userName ?? userIdentity?.invokedBy
  // Pushes with docker have "AWS Internal" in the place of an address.
  const address = isIP(sourceIPAddress ?? '') > 0 ? sourceIPAddress : undefined
  return { name, kind: toKind(userIdentity, issuer), address, userAgent }
}

function toKind(
  identity: CloudTrailRecord['userIdentity'],
  issuer: string | null | undefined,
): EventActor['kind'] {
  switch (identity?.type) {
    case 'AssumedRole':
      // Roles of people who sign in through IAM Identity Center.
      return /:role\/aws-reserved\/sso\.amazonaws\.com\/|\/AWSReservedSSO_/.test(issuer ?? '')
        ? 'user'
        : 'robot'
    case 'WebIdentityUser':
      return 'robot'
    case 'IAMUser':
    case 'Root':
    case 'SAMLUser':
    case 'FederatedUser':
    case 'IdentityCenterUser':
      return 'user'
    case 'AWSService':
      return 'system'
    case undefined:
    case null:
      return identity?.invokedBy ? 'system' : 'unknown'
    default:
      return 'unknown'
  }
}
