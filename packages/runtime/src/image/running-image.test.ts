import { describe, expect, it } from 'vitest'
import { parseImageId, parseInspection } from './running-image.ts'

const a = `sha256:${'a'.repeat(64)}` as const
const b = `sha256:${'b'.repeat(64)}` as const

describe('parseImageId', () => {
  it.each([
    [`prod.example/team/app@${a}`, { references: [{ repository: 'prod.example/team/app', digest: a }] }],
    [
      `docker-pullable://prod.example/app@${a}`,
      { references: [{ repository: 'prod.example/app', digest: a }] },
    ],
    [`docker://${a}`, { references: [], config: a }],
    [a, { references: [], config: a }],
  ])('reads %s', (text, expected) => {
    expect(parseImageId(text)).toEqual(expected)
  })

  it.each(['', 'prod.example/app:1', 'prod.example/app@sha256:12', `md5:${'a'.repeat(32)}`])(
    'refuses %j',
    (text) => {
      expect(() => parseImageId(text)).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
    },
  )
})

describe('parseInspection', () => {
  it('reads a container and its image', () => {
    const container = { Id: 'c0ffee', Image: a, Config: { Image: 'prod.example/app:1' } }
    const image = { Id: a, RepoDigests: [`prod.example/app@${b}`, 'none'] }
    expect(parseInspection([container])).toEqual({ references: [], config: a })
    expect(parseInspection([container, image])).toEqual({
      references: [{ repository: 'prod.example/app', digest: b }],
      config: a,
    })
  })

  it('reads ids as podman writes them', () => {
    expect(parseInspection({ Id: 'x', Image: 'a'.repeat(64) }).config).toBe(a)
  })

  it.each([null, [], {}, { Image: 'app:1' }, 'text'])('refuses %j', (document) => {
    expect(() => parseInspection(document)).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
  })
})
