import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { applyPatch } from 'rfc6902'
import { describe, expect, it } from 'vitest'
import type { AdmissionReviewResponse } from './review-response.ts'
import { openAdmission, policyOf, prodRule } from '../testing/known-images.fixture.ts'
import { createResponseCheck } from '../testing/response-schema.fixture.ts'
import { patchIn } from '../testing/review.fixture.ts'

interface ListedImage {
  readonly path: string
  readonly image: string
}
interface Listed {
  readonly file: string
  readonly about: string
  readonly operation: string
  readonly namespace: string
  readonly expect: {
    readonly uidOfResponse: string
    readonly images: readonly ListedImage[]
    readonly imagesOfOldObject?: readonly ListedImage[]
  }
}

const data = join(import.meta.dirname, '../../../../../shared/data/k8s/admission')
const hasData = existsSync(data)
const read = (file: string): unknown => JSON.parse(readFileSync(join(data, file), 'utf8'))
const listed = hasData ? (read('index.json') as { reviews: Listed[] }).reviews : []
const isValid = createResponseCheck()
const pointerOf = (path: string): string => `/${path.replaceAll(/\[(\d+)\]/g, '.$1').replaceAll('.', '/')}`

/** The images that a review has to ask about: those that the same place did not name before. */
function newImages({
  expect: { images, imagesOfOldObject = [] },
  operation,
}: Listed): readonly ListedImage[] {
  if (operation === 'DELETE') return []
  return images.filter(
    ({ path, image }) => !imagesOfOldObject.some((old) => old.path === path && old.image === image),
  )
}

const policy = policyOf([prodRule], {
  exemptions: [{ name: 'system', namespaces: ['kube-system'], reason: 'the cluster itself' }],
})

describe.skipIf(!hasData)(
  `reviews of shared data${hasData ? '' : ' (skipped without ../shared/data)'}`,
  () => {
    it('has them all', () => expect(listed).toHaveLength(13))

    describe.each(listed.map((each) => [`${each.file}: ${each.about}`, each] as const))(
      '%s',
      (_title, each) => {
        const review = hasData ? (read(each.file) as { request: { object: object } }) : undefined
        const isExempt = each.namespace === 'kube-system'
        const fresh = newImages(each)

        it('lets in what passes, with each tag pinned and nothing else touched', async () => {
          const { admission, images } = openAdmission({ policy })
          const response = await admission.decideReview(review, { phase: 'mutate' })
          expect(isValid(response), JSON.stringify(isValid.errors)).toBe(true)
          expect(response.response).toMatchObject({ uid: each.expect.uidOfResponse, allowed: true })
          const tags = isExempt ? [] : fresh.filter(({ image }) => !image.includes('@'))
          expect(
            patchIn(response)
              .map(({ path }) => path)
              .toSorted(),
          ).toEqual(tags.map(({ path }) => pointerOf(path)).toSorted())
          expect(images.verified.length).toBe(isExempt ? 0 : new Set(fresh.map(({ image }) => image)).size)
          if (tags.length > 0) expectPinned(review!.request.object, response, tags)
        })

        it('keeps out what does not', async () => {
          const { admission, images } = openAdmission({ policy })
          images.answer = (name) => (name.includes(':') && !name.includes('5000') ? 'pass' : 'fail')
          const response = await admission.decideReview(review, { phase: 'mutate' })
          expect(isValid(response), JSON.stringify(isValid.errors)).toBe(true)
          const isAsked = fresh.length > 0 && !isExempt
          expect(response.response.allowed).toBe(!isAsked)
          if (isAsked) expect(response.response.status?.message).toContain('decision-missing')
          expect(patchIn(response)).toEqual([])
        })

        it('wants digests where nothing is patched any more', async () => {
          const { admission } = openAdmission({ policy })
          const response = await admission.decideReview(review, { phase: 'validate' })
          expect(isValid(response), JSON.stringify(isValid.errors)).toBe(true)
          const hasTag = !isExempt && fresh.some(({ image }) => !image.includes('@'))
          expect(response.response.allowed).toBe(!hasTag)
          if (hasTag) expect(response.response.status?.message).toContain('tag-not-pinned')
          expect(response.response.patch).toBeUndefined()
        })
      },
    )
  },
)

/** The patched object differs from the given one in the tags alone, each of which leads where it did. */
function expectPinned(object: object, response: AdmissionReviewResponse, tags: readonly ListedImage[]): void {
  const patched = structuredClone(object)
  expect(applyPatch(patched, patchIn(response) as never)).toEqual(patchIn(response).map(() => null))
  const back = structuredClone(patched)
  for (const { path, image } of tags) {
    const parts = pointerOf(path).slice(1).split('/')
    const last = parts.pop()!
    const holder = parts.reduce<Record<string, unknown>>(
      (at, part) => at[part] as Record<string, unknown>,
      back as Record<string, unknown>,
    )
    expect(holder[last]).toMatch(/^[^/]+\..*|\[.*@sha256:[0-9a-f]{64}$/)
    holder[last] = image
  }
  expect(back).toEqual(object)
}
