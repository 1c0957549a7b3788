import type { ASN1Obj } from '@sigstore/core'
import { derTag as tags } from '../../internal/der.ts'
import { loadCore } from '../../internal/load-libraries.ts'

/** First byte of an element in DER. */
export { tags }

/** A class of elements for one position: `[n]`, constructed. */
export function contextTag(number: number): number {
  return 0xa0 | number
}

/** Certificates and timestamps with their chains take a few KiB; the time that parsing takes grows faster than size. */
const maxBytes = 64 * 1024

/** Parses DER; `undefined` unless these very bytes are what its value is written as, and no more than 64 KiB. */
export function parseDer(bytes: Uint8Array): ASN1Obj | undefined {
  if (bytes.byteLength > maxBytes) return undefined
  const { ASN1Obj } = loadCore()
  try {
    const buffer = Buffer.from(bytes)
    const root = ASN1Obj.parseBuffer(buffer)
    return toDer(root).equals(buffer) ? root : undefined
  } catch {
    return undefined
  }
}

/**
 * Writes an element in DER. The library's `toDER` makes the same bytes, but takes two blocks of 1 KiB for each element
 * below, which is a quarter of the time of a verification and most of its garbage.
 */
export function toDer(element: ASN1Obj): Buffer {
  const lengths: number[] = []
  const bytes = Buffer.alloc(measure(element, lengths))
  let position = 0
  let index = 0
  const write = ({ tag, value, subs }: ASN1Obj): void => {
    const length = lengths[index++] ?? 0
    const size = sizeOf(length)
    bytes[position++] = tag.toDER()
    if (size > 1) bytes[position++] = 0x7f + size
    const digits = Math.max(size - 1, 1)
    bytes.writeUIntBE(length, position, digits)
    position += digits
    if (subs.length > 0) subs.forEach(write)
    else position += value.copy(bytes, position)
  }
  write(element)
  return bytes
}

/** Notes the length of the content of an element and of all below, each before its own parts; returns the whole size. */
function measure({ value, subs }: ASN1Obj, lengths: number[]): number {
  const at = lengths.push(0) - 1
  const length = subs.length > 0 ? subs.reduce((sum, sub) => sum + measure(sub, lengths), 0) : value.length
  lengths[at] = length
  return 1 + sizeOf(length) + length
}

/** Bytes that a length takes: itself, or how many bytes follow and those. */
function sizeOf(length: number): number {
  if (length < 0x80) return 1
  let size = 2
  for (let rest = length; rest > 0xff; rest = Math.floor(rest / 0x100)) size++
  return size
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
