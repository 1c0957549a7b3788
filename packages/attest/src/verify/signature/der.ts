import { ASN1Obj } from '@sigstore/core'

/** First byte of an element in DER. */
export const tags = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
} as const

/** A class of elements for one position: `[n]`, constructed. */
export function contextTag(number: number): number {
  return 0xa0 | number
}

/** Certificates and timestamps with their chains take a few KiB; the time that parsing takes grows faster than size. */
const maxBytes = 64 * 1024

/** Parses DER; `undefined` unless these very bytes are what its value is written as, and no more than 64 KiB. */
export function parseDer(bytes: Uint8Array): ASN1Obj | undefined {
  if (bytes.byteLength > maxBytes) return undefined
  try {
    const buffer = Buffer.from(bytes)
    const root = ASN1Obj.parseBuffer(buffer)
    return root.toDER().equals(buffer) ? root : undefined
  } catch {
    return undefined
  }
}

/** The children of an element when its tag and theirs are these, none more and none less. */
export function childrenOf(
  element: ASN1Obj | undefined,
  tag: number,
  expected: readonly number[],
): ASN1Obj[] | undefined {
  const children = element?.subs
  if (children === undefined || !hasTag(element, tag) || children.length !== expected.length) return undefined
  return children.every((child, index) => hasTag(child, expected[index] ?? 0)) ? children : undefined
}

export function hasTag(element: ASN1Obj | undefined, tag: number): boolean {
  return element?.tag.toDER() === tag
}

/** An algorithm identifier (RFC 5280, section 4.1.1.2) without parameters, or with NULL; its OID. */
export function plainAlgorithm(element: ASN1Obj | undefined): string | undefined {
  const [oid] =
    childrenOf(element, tags.sequence, [tags.oid]) ??
    childrenOf(element, tags.sequence, [tags.oid, tags.null]) ??
    []
  if (element?.subs[1] !== undefined && element.subs[1].value.length > 0) return undefined
  return oid?.toOID()
}
