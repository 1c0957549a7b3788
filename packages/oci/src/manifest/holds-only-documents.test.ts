import { digestOf } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { holdsOnlyDocuments } from './holds-only-documents.ts'

const manifestOf = (...types: readonly string[]) => ({
  layers: types.map((mediaType) => ({ mediaType, digest: digestOf(mediaType), size: 1 })),
})

describe('holdsOnlyDocuments', () => {
  it.each([
    ['nothing', [], true],
    ['an attestation', ['application/vnd.in-toto+json'], true],
    ['plain JSON', ['application/json'], true],
    ['a layer', ['application/vnd.oci.image.layer.v1.tar+gzip'], false],
    [
      'an attestation and a layer',
      ['application/vnd.in-toto+json', 'application/vnd.oci.image.layer.v1.tar'],
      false,
    ],
    ['a layer that is called JSON', ['application/vnd.oci.image.layer.v1.tar+json'], false],
    ['a layer of Docker that is called JSON', ['application/vnd.docker.image.rootfs.diff.tar+json'], false],
    ['something else', ['text/plain'], false],
  ])('of %s', (_, types, expected) => {
    expect(holdsOnlyDocuments(manifestOf(...types))).toBe(expected)
  })
})
