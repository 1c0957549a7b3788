import { type KeyObject, X509Certificate } from 'node:crypto'
import { spkiOf } from '../../signing/spki-of.ts'
import type { ResolvedKey, ResolvedTrust } from '../../trust/resolve-trust.ts'
import { Rejection } from '../rejection.ts'
import { SignedContent } from './signed-content.ts'
import { readSigningCertificate, type SigningCertificateDetails } from './signing-certificate.ts'
import type { UnverifiedCertificate, UnverifiedSignature } from './unverified-signature.ts'

/** Whose signature it is, if the certificate (when there is one) proves genuine. */
export type FoundSigner =
  | {
      readonly kind: 'key'
      readonly key: ResolvedKey
      readonly publicKey: KeyObject
      /** One of this key, by which a log may name it. Who issued it is not verified. */
      readonly certificate?: Buffer | undefined
      readonly content: SignedContent
    }
  | {
      readonly kind: 'certificate'
      readonly details: SigningCertificateDetails
      readonly publicKey: KeyObject
      readonly certificate: Buffer
      readonly content: SignedContent
    }

/**
 * Finds the key that made the signature: one of the trusted keys, else the certificate's.
 *
 * @throws {Rejection} `signature-invalid` when a key is meant but did not make it; `key-unknown` when the signature
 *   names another key, or a certificate and there is no trusted root; `certificate-invalid`.
 */
export function findSigner(unverified: UnverifiedSignature, { keys, root }: ResolvedTrust): FoundSigner {
  const { hint, certificate } = unverified
  const named = hint === undefined ? keys : keys.filter((key) => isNamed(key, hint))
  for (const key of named) {
    const content = new SignedContent(unverified.signed, unverified.signature, key.algorithm)
    if (content.verifySignature(key.key)) {
      const leaf = root && certificate && certificateOf(key, certificate)
      return { kind: 'key', key, publicKey: key.key, certificate: leaf, content }
    }
  }
  if (certificate === undefined) {
    if (hint === undefined || named.length > 0)
      throw new Rejection(
        'signature-invalid',
        `the signature is not by ${named.length === 1 ? `key ${named[0]?.keyId}` : 'one of the given keys'}`,
      )
    throw new Rejection(
      'key-unknown',
      `signed with ${JSON.stringify(hint.slice(0, 200))}, which is none of the given keys`,
    )
  }
  if (root === undefined)
    throw new Rejection(
      'key-unknown',
      'signed with a certificate and by none of the given keys; certificates need a trusted root',
    )
  const details = readSigningCertificate(certificate.leaf)
  const content = new SignedContent(unverified.signed, unverified.signature, undefined)
  if (!content.verifySignature(details.publicKey))
    throw new Rejection('signature-invalid', 'the signature is not by the key of its certificate')
  return { kind: 'certificate', details, publicKey: details.publicKey, certificate: details.der, content }
}

/** A hint is nothing that is signed: so it has to be exactly the name of the key, or a copy could be told from its original. */
function isNamed({ keyId, hint }: ResolvedKey, name: string): boolean {
  return name === keyId || name === hint || name === Buffer.from(keyId, 'base64').toString('hex')
}

/**
 * The certificate beside a signature, when it is one of the key that made it. With one of another key, somebody else's log
 * entry would pass for the signer's: keys can be found under which a signature by another one verifies too.
 */
function certificateOf({ key }: ResolvedKey, { leaf }: UnverifiedCertificate): Buffer | undefined {
  try {
    const { publicKey, raw } = new X509Certificate(leaf)
    return raw.equals(leaf) && spkiOf(publicKey).equals(spkiOf(key)) ? raw : undefined
  } catch {
    return undefined // no certificate, or of a key that can't be read
  }
}
