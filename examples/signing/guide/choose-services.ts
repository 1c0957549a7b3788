import {
  ambientIdentityToken,
  fulcioSigner,
  rekorLog,
  type SigningServices,
  timestampAuthority,
} from '@sallyport/attest'

/** The services one by one, as they are called in the installation that is signed with. */
export function chooseServices(urls: {
  readonly fulcio: string
  readonly rekor: string
  readonly timestamps: string
}): SigningServices {
  return {
    signer: fulcioSigner({ url: urls.fulcio, token: ambientIdentityToken() }),
    witnesses: [rekorLog({ url: urls.rekor, version: 1 }), timestampAuthority({ url: urls.timestamps })],
  }
}
