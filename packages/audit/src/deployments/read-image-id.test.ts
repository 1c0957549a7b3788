import { describe, expect, it } from 'vitest'
import { readImageId, readImageReference } from './read-image-id.ts'

const hex = 'ab'.repeat(32)
const digest = `sha256:${hex}`

describe('readImageId', () => {
  it.each([
    [
      'Docker with a repository',
      `docker-pullable://prod.example/shop/web@${digest}`,
      { digest, pulledFrom: 'prod.example/shop/web' },
    ],
    [
      'Docker with Docker Hub',
      `docker-pullable://nginx@${digest}`,
      { digest, pulledFrom: 'docker.io/library/nginx' },
    ],
    ['Docker with an image that was never pulled', `docker://${digest}`, { digest }],
    [
      'containerd',
      `prod.example:5000/shop/web@${digest}`,
      { digest, pulledFrom: 'prod.example:5000/shop/web' },
    ],
    ['containerd with an image that was imported', digest, { digest }],
    ['CRI-O with an image of its store', hex, { digest }],
    [
      'a reference with a tag, too',
      `prod.example/shop/web:1@${digest}`,
      { digest, pulledFrom: 'prod.example/shop/web' },
    ],
    ['a registry of IPv6', `[::1]:5000/web@${digest}`, { digest, pulledFrom: '[::1]:5000/web' }],
    [
      'sha512',
      `prod.example/web@sha512:${hex}${hex}`,
      { digest: `sha512:${hex}${hex}`, pulledFrom: 'prod.example/web' },
    ],
    ['spaces around it', ` ${digest}\n`, { digest }],
    ['a name that is none of a registry', `Local Image@${digest}`, { digest }],
    ['a tag only', 'prod.example/shop/web:1', {}],
    ['a short digest', 'sha256:abc', {}],
    ['a digest in capitals', `sha256:${hex.toUpperCase()}`, {}],
    ['an unknown algorithm', `web@md5:${hex}`, {}],
    ['nothing', '', {}],
    ['something else', 'docker://', {}],
  ])('reads %s', (_title, text, expected) => {
    expect(readImageId(text)).toEqual(expected)
  })
})

describe('readImageReference', () => {
  it.each([
    ['adds what a runtime adds', 'nginx', { name: 'docker.io/library/nginx', tag: 'latest' }],
    ['keeps a tag', 'prod.example/web:1', { name: 'prod.example/web', tag: '1' }],
    ['lets a digest decide', `prod.example/web:1@${digest}`, { name: 'prod.example/web', digest }],
    ['refuses what is none', 'Not A Reference', undefined],
    ['refuses a bare digest', digest, undefined],
  ])('%s', (_title, text, expected) => {
    expect(readImageReference(text)).toEqual(expected)
  })
})
