/** A DSSE envelope, as JSON. */
export interface DsseEnvelope {
  /** Media type of the payload. */
  readonly payloadType: string
  /** Base64. */
  readonly payload: string
  /** Signatures in base64, with hints of their keys. */
  readonly signatures: readonly { readonly keyid?: string | undefined; readonly sig: string }[]
}

/** What the signatures of an envelope are made over: DSSE's pre-authentication encoding. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.length} `
  return Buffer.concat([Buffer.from(head), payload])
}
