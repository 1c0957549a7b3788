import { loadCore } from '../internal/load-libraries.ts'

const nameConstraints = '2.5.29.30'
/** Extensions that are heeded, or restrict nobody: key usage, alternative names, basic constraints, policies, purposes. */
const heeded = new Set(['2.5.29.15', '2.5.29.17', '2.5.29.19', '2.5.29.32', '2.5.29.37'])

/**
 * The OID of an extension by which an authority's certificate (in DER) restricts what it vouches for, and which is not
 * enforced here: name constraints, and whatever else is critical (RFC 5280, section 4.2).
 */
export function findRestriction(certificate: Uint8Array): string | undefined {
  const { extensions } = loadCore().X509Certificate.parse(Buffer.from(certificate))
  return extensions
    .map(({ subs: [id, critical, value] }) => ({
      oid: id?.toOID() ?? '',
      isCritical: value !== undefined && critical?.toBoolean() === true,
    }))
    .find(({ oid, isCritical }) => oid === nameConstraints || (isCritical && !heeded.has(oid)))?.oid
}
