/** Payload type of an in-toto statement in a DSSE envelope. */
export const statementPayloadType = 'application/vnd.in-toto+json'

/** The bytes that a DSSE signature is over (DSSE protocol, "Signature Definition"): type and payload with their lengths. */
export function preAuthEncoding(payloadType: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(payloadType)} ${payloadType} ${payload.byteLength} `
  return Buffer.concat([Buffer.from(head, 'utf8'), payload])
}
