import { applyPatch } from 'rfc6902'
import { describe, expect, it } from 'vitest'
import { digestAt, openAdmission, someDigest } from '../testing/known-images.fixture.ts'
import { createResponseCheck } from '../testing/response-schema.fixture.ts'
import { kinds, objectOf, patchIn, podSpec, reviewOf } from '../testing/review.fixture.ts'

const isValid = createResponseCheck()
const web = 'reg.example/shop/web:1'
const pinned = `${web}@${digestAt(web)}`
const bad = 'reg.example/shop/bad:1'

/** Every place of a Pod that names an image. */
const full = (image: string) => ({
  ...podSpec(image),
  initContainers: [{ name: 'init', image }],
  ephemeralContainers: [{ name: 'debug', image }],
  volumes: [
    { name: 'data', emptyDir: {} },
    { name: 'model', image: { reference: image, pullPolicy: 'IfNotPresent' } },
  ],
})

async function ask(review: unknown, phase: 'mutate' | 'validate' = 'mutate') {
  const { admission, images } = openAdmission()
  const answer = await admission.decideReview(review, { phase })
  expect(isValid(answer), JSON.stringify(isValid.errors)).toBe(true)
  return { answer, response: answer.response, images }
}

describe.each(kinds)('decideReview of a %s', (kind) => {
  it('pins every image by one patch that gives the expected object', async () => {
    const object = objectOf(kind, full(web))
    const { answer, images } = await ask(reviewOf(kind, object))
    expect(answer.response.allowed).toBe(true)
    const patched = structuredClone(object)
    expect(applyPatch(patched, patchIn(answer) as never).every((fault) => fault === null)).toBe(true)
    expect(patched).toEqual(objectOf(kind, full(pinned)))
    expect(images.resolved).toEqual([web])
    expect(images.verified).toEqual([`reg.example/shop/web@${digestAt(web)}`])
  })

  it('patches nothing when all are pinned', async () => {
    const { response } = await ask(reviewOf(kind, objectOf(kind, full(pinned))))
    expect(response).toMatchObject({ allowed: true })
    expect(response).not.toHaveProperty('patch')
  })

  it.each(['initContainers', 'containers', 'ephemeralContainers', 'volumes'])(
    'keeps out an image in %s that is not promoted',
    async (list) => {
      const spec = { ...full(web), [list]: (full(bad) as Record<string, unknown>)[list] }
      const { response } = await ask(reviewOf(kind, objectOf(kind, spec)))
      expect(response).toMatchObject({ allowed: false, status: { code: 403, reason: 'Forbidden' } })
      expect(response.status?.message).toMatch(
        /^reg\.example\/shop\/bad:1: rule "prod": decision-missing: .*; promote/,
      )
    },
  )

  it('lets an update through that brings no image', async () => {
    const oldObject = objectOf(kind, full(bad))
    const object = { ...objectOf(kind, full(bad)), metadata: { annotations: { note: 'new' } } }
    const { response, images } = await ask(reviewOf(kind, object, { operation: 'UPDATE', oldObject }))
    expect(response).toMatchObject({ allowed: true, auditAnnotations: { skipped: 'no image is new' } })
    expect(images.verified).toEqual([])
  })

  it('judges the image that an update changes, and no other', async () => {
    const oldObject = objectOf(kind, { ...full(bad), containers: podSpec(web)['containers'] })
    const object = objectOf(kind, {
      ...full(bad),
      containers: podSpec('reg.example/shop/web:2')['containers'],
    })
    const { answer, images } = await ask(reviewOf(kind, object, { operation: 'UPDATE', oldObject }))
    expect(answer.response.allowed).toBe(true)
    expect(patchIn(answer)).toHaveLength(1)
    expect(images.resolved).toEqual(['reg.example/shop/web:2'])
  })

  it('keeps out an update to a digest that is not promoted', async () => {
    const good = `reg.example/shop/bad@${someDigest}`
    const oldObject = objectOf(kind, podSpec(good))
    const object = objectOf(kind, podSpec(`reg.example/shop/bad@${digestAt('other')}`))
    const { response } = await ask(reviewOf(kind, object, { operation: 'UPDATE', oldObject }))
    expect(response.allowed).toBe(false)
  })

  it('refuses a tag where nothing is patched', async () => {
    const { response } = await ask(reviewOf(kind, objectOf(kind, full(web))), 'validate')
    expect(response).toMatchObject({ allowed: false })
    expect(response.status?.message).toContain('tag-not-pinned')
  })

  it('lets a pinned image in where nothing is patched', async () => {
    const { response } = await ask(reviewOf(kind, objectOf(kind, full(pinned))), 'validate')
    expect(response).toMatchObject({ allowed: true, auditAnnotations: { outcome: 'allow' } })
  })

  it.each<[string, unknown]>([
    ['null', null],
    ['a list', []],
    ['a text', 'Pod'],
    ['an object without a Pod', { metadata: {} }],
  ])('keeps out %s in place of the object', async (_title, object) => {
    const { response } = await ask(reviewOf(kind, object))
    expect(response.allowed).toBe(false)
    expect(response.status?.message).toContain('object-invalid')
  })

  it('skips its deletion', async () => {
    const oldObject = objectOf(kind, full(bad))
    const { response } = await ask(reviewOf(kind, null, { operation: 'DELETE', oldObject }))
    expect(response).toMatchObject({ allowed: true, auditAnnotations: { outcome: 'skipped' } })
  })
})
