import { ASN1Obj, X509Certificate } from '@sigstore/core'

/**
 * A certificate that remembers what `@sigstore/verify` asks for again and again: its bytes, its key, and who issued
 * it. Certificates of a trusted root live as long as the root, so their path is verified once.
 */
export class RememberingCertificate extends X509Certificate {
  #der: Buffer | undefined
  #publicKey: Buffer | undefined
  readonly #issuedBy = new WeakMap<X509Certificate, boolean>()

  static read(der: Uint8Array): RememberingCertificate {
    return new RememberingCertificate(ASN1Obj.parseBuffer(Buffer.from(der)))
  }

  get der(): Buffer {
    return (this.#der ??= this.root.toDER())
  }

  override get publicKey(): Buffer {
    return (this.#publicKey ??= super.publicKey)
  }

  override equals(other: X509Certificate): boolean {
    return other instanceof RememberingCertificate ? this.der.equals(other.der) : super.equals(other)
  }

  override verify(issuer: X509Certificate = this): boolean {
    const known = this.#issuedBy.get(issuer)
    if (known !== undefined) return known
    const verified = super.verify(issuer)
    this.#issuedBy.set(issuer, verified)
    return verified
  }
}
