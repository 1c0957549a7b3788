import { createPublicKey, type KeyObject, verify } from 'node:crypto'
import type { ASN1Obj, X509Certificate } from '@sigstore/core'
import { loadCore } from '../../internal/load-libraries.ts'
import { toDer } from './der.ts'

type CertificateClass = new (root: ASN1Obj) => X509Certificate

let certificateClass: CertificateClass | undefined

/**
 * A certificate that remembers what `@sigstore/verify` asks for again and again: its bytes, its key, and who issued
 * it. Certificates of a trusted root live as long as the root, so their path is verified once.
 */
export function rememberingCertificate(root: ASN1Obj): X509Certificate {
  certificateClass ??= createClass()
  return new certificateClass(root)
}

/** Its base comes from a library that is loaded when something is verified. */
function createClass(): CertificateClass {
  const { ASN1Obj, X509Certificate } = loadCore()
  return class RememberingCertificate extends X509Certificate {
    #der: Buffer | undefined
    #publicKey: Buffer | undefined
    #key: KeyObject | undefined
    readonly #issuedBy = new WeakMap<X509Certificate, boolean>()

    get der(): Buffer {
      return (this.#der ??= toDer(this.root))
    }

    override get publicKey(): Buffer {
      return (this.#publicKey ??= super.publicKey)
    }

    get key(): KeyObject {
      return (this.#key ??= createPublicKey({ key: this.publicKey, format: 'der', type: 'spki' }))
    }

    override equals(other: X509Certificate): boolean {
      return other instanceof RememberingCertificate ? this.der.equals(other.der) : super.equals(other)
    }

    override verify(issuer: X509Certificate = this): boolean {
      const known = this.#issuedBy.get(issuer)
      if (known !== undefined) return known
      const verified = issuer instanceof RememberingCertificate ? this.#verify(issuer) : super.verify(issuer)
      this.#issuedBy.set(issuer, verified)
      return verified
    }

    override clone(): RememberingCertificate {
      return new RememberingCertificate(ASN1Obj.parseBuffer(Buffer.from(this.der)))
    }

    #verify({ key }: RememberingCertificate): boolean {
      const signed = toDer(this.tbsCertificate)
      try {
        return verify(this.signatureAlgorithm, signed, key, this.signatureValue)
      } catch {
        return false // what is no signature at all makes some versions throw
      }
    }
  }
}
