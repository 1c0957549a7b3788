import * as fc from 'fast-check'
import { applyPatch } from 'rfc6902'
import { describe, expect, it } from 'vitest'
import { isAdmissionError } from '../testing/is-admission-error.fixture.ts'
import { openAdmission, policyOf, prodRule } from '../testing/known-images.fixture.ts'
import { createResponseCheck } from '../testing/response-schema.fixture.ts'
import { kinds, objectOf, patchIn, reviewOf } from '../testing/review.fixture.ts'

const isValid = createResponseCheck()
const name = fc.constantFrom('a', 'b', 'c', 'd')
const image = fc.oneof(
  fc.constantFrom('nginx', 'reg.example/shop/web:1', 'reg.example/shop/api', `x/y@sha256:${'a'.repeat(64)}`),
  fc.string({ maxLength: 40 }),
)
const container = fc.oneof(
  { weight: 8, arbitrary: fc.record({ name, image, command: fc.array(fc.string(), { maxLength: 2 }) }) },
  { weight: 1, arbitrary: fc.jsonValue() },
)
const list = fc.array(container, { maxLength: 4 })
const volume = fc.record({ name, image: fc.record({ reference: image }) })
const spec = fc.record(
  {
    containers: list,
    initContainers: list,
    ephemeralContainers: list,
    volumes: fc.array(volume, { maxLength: 2 }),
  },
  { requiredKeys: [] },
)
const object = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constantFrom(...kinds), spec) },
  { weight: 1, arbitrary: fc.tuple(fc.constantFrom(...kinds), fc.constant({})) },
)
const review = fc
  .record({
    made: object,
    before: fc.option(spec),
    operation: fc.constantFrom('CREATE', 'UPDATE'),
    namespace: fc.constantFrom('prod', 'kube-system', 'dev'),
    subResource: fc.constantFrom('', 'ephemeralcontainers', 'resize'),
    dryRun: fc.boolean(),
  })
  .map(({ made: [kind, pod], before, ...request }) => ({
    object: objectOf(kind, pod),
    review: reviewOf(kind, objectOf(kind, pod), { ...request, oldObject: before && objectOf(kind, before) }),
  }))

/** A copy with another value in one of its places. */
function withOther(whole: object, at: number, value: unknown): object {
  const copy = structuredClone(whole)
  const places: (() => void)[] = []
  const walk = (one: unknown): void => {
    if (typeof one !== 'object' || one === null) return
    for (const [key, inner] of Object.entries(one)) {
      places.push(() => void ((one as Record<string, unknown>)[key] = value))
      walk(inner)
    }
  }
  walk(copy)
  places[at % places.length]?.()
  return copy
}

/** Every place in an object where it differs from another. */
function differences(one: unknown, other: unknown, path = ''): string[] {
  if (typeof one !== 'object' || one === null || typeof other !== 'object' || other === null)
    return Object.is(one, other) ? [] : [path]
  const keys = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...keys].flatMap((key) =>
    differences(
      (one as Record<string, unknown>)[key],
      (other as Record<string, unknown>)[key],
      `${path}/${key}`,
    ),
  )
}

describe('whatever is asked', () => {
  it('makes no allow of what the verifier does not pass', async () => {
    await fc.assert(
      fc.asyncProperty(review, fc.constantFrom('fail', 'error'), async ({ review: asked }, verdict) => {
        const { admission, images, events } = openAdmission()
        images.answer = (place) =>
          place.includes(':') ? 'pass' : verdict === 'fail' ? 'fail' : new Error('down')
        const answer = await admission.decideReview(asked, { phase: 'mutate' })
        expect(isValid(answer), JSON.stringify(isValid.errors)).toBe(true)
        expect(patchIn(answer)).toEqual([])
        const decided = events.flatMap((event) => (event.type === 'image-decided' ? event.decision : []))
        expect(decided.every((each) => each.verdict !== 'allow' && !each.admitted)).toBe(true)
        if (answer.response.allowed) expect(answer.response.auditAnnotations?.['outcome']).toBe('skipped')
      }),
      { numRuns: 500 },
    )
  })

  it('touches images only, and leaves nothing to patch', async () => {
    await fc.assert(
      fc.asyncProperty(review, async ({ review: asked, object: given }) => {
        const { admission } = openAdmission()
        const answer = await admission.decideReview(asked, { phase: 'mutate' })
        expect(isValid(answer), JSON.stringify(isValid.errors)).toBe(true)
        const patched = structuredClone(given)
        expect(applyPatch(patched, patchIn(answer) as never).every((fault) => fault === null)).toBe(true)
        for (const path of differences(given, patched))
          expect(path).toMatch(
            /\/(?:(?:c|initC|ephemeralC)ontainers\/\d+\/image|volumes\/\d+\/image\/reference)$/,
          )
        const again = { ...asked, request: { ...(asked['request'] as object), object: patched } }
        if (answer.response.allowed)
          expect(patchIn(await admission.decideReview(again, { phase: 'mutate' }))).toEqual([])
      }),
      { numRuns: 300 },
    )
  })

  it('is answered or refused as no review, by an admission that lets nothing in', async () => {
    const policy = policyOf([{ ...prodRule, registries: ['trusted.example'] }])
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.jsonValue(),
          fc.jsonValue().map((value) => reviewOf('Pod', value)),
          fc
            .tuple(review, fc.nat(), fc.jsonValue())
            .map(([{ review: good }, at, value]) => withOther(good, at, value)),
        ),
        async (asked) => {
          const { admission } = openAdmission({ policy })
          try {
            const { response } = await admission.decideReview(asked, { phase: 'validate' })
            if (response.allowed) expect(response.auditAnnotations?.['outcome']).toBe('skipped')
          } catch (error) {
            expect(isAdmissionError(error)).toBe(true)
          }
        },
      ),
      { numRuns: 500 },
    )
  })
})
