import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createReviewClient, type ReviewClient } from '@sallyport/testkit/kubernetes'
import { createTlsAuthority } from '@sallyport/testkit/tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Admission } from '../admission.ts'
import type { AdmissionReviewResponse } from '../review/review-response.ts'
import { openAdmission, someDigest } from '../testing/known-images.fixture.ts'
import { createResponseCheck } from '../testing/response-schema.fixture.ts'
import { kinds, objectOf, podSpec, reviewOf } from '../testing/review.fixture.ts'
import { createWebhookServer } from './create-webhook-server.ts'

const resources = new AsyncDisposableStack()
const isValid = createResponseCheck()
const phases = ['mutate', 'validate'] as const
let admission: Admission
let client: ReviewClient

beforeAll(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-reviews-'))
  resources.defer(() => rm(folder, { recursive: true, force: true }))
  const authority = createTlsAuthority()
  const pair = authority.issue({ name: 'webhook', hosts: ['sallyport-admission.sallyport.svc'] })
  const [certificate, key] = [join(folder, 'tls.crt'), join(folder, 'tls.key')]
  await writeFile(certificate, pair.cert)
  await writeFile(key, pair.key)
  ;({ admission } = openAdmission())
  resources.use(admission)
  const tls = { certificate, key }
  const server = resources.use(await createWebhookServer({ admission, tls, port: 0, host: '127.0.0.1' }))
  client = resources.use(createReviewClient({ port: server.port, ca: authority.ca, maxSockets: 8 }))
})
afterAll(() => resources.disposeAsync())

/** Asks over TLS, and checks that it is what the admission itself answers. */
async function ask(
  phase: (typeof phases)[number],
  review: object,
): Promise<AdmissionReviewResponse['response']> {
  const { status, body } = await client.send(`/${phase}?timeout=10s`, JSON.stringify(review))
  expect(status).toBe(200)
  const answer = JSON.parse(body) as AdmissionReviewResponse
  expect(isValid(answer), JSON.stringify(isValid.errors)).toBe(true)
  expect(answer).toEqual(JSON.parse(JSON.stringify(await admission.decideReview(review, { phase }))))
  return answer.response
}

const images = {
  'a tag that passes': ['prod.example/good:1', [true, false]],
  'a digest that passes': [`prod.example/good@${someDigest}`, [true, true]],
  'a bad image': [`prod.example/bad@${someDigest}`, [false, false]],
  'a registry that is down': [`prod.example/down@${someDigest}`, [false, false]],
} as const

describe.each(kinds)('reviews of a %s over TLS', (kind) => {
  it.each(Object.entries(images))('with %s', async (_, [image, expected]) => {
    const object = objectOf(kind, podSpec(`prod.example/good@${someDigest}`, image))
    for (const [at, phase] of phases.entries())
      for (const operation of ['CREATE', 'UPDATE'])
        for (const dryRun of [false, true]) {
          const uid = `${kind}-${phase}-${operation}-${dryRun}`
          const oldObject = operation === 'UPDATE' ? objectOf(kind, podSpec('prod.example/old:1')) : null
          const response = await ask(phase, reviewOf(kind, object, { uid, operation, dryRun, oldObject }))
          expect([response.uid, response.allowed]).toEqual([uid, expected[at]])
          expect(response.patch !== undefined).toBe(phase === 'mutate' && image.endsWith(':1') && expected[0])
        }
  })

  it('that go away, whatever their images', async () => {
    const object = objectOf(kind, podSpec('prod.example/bad:1'))
    const review = reviewOf(kind, null, { operation: 'DELETE', oldObject: object })
    for (const phase of phases) expect(await ask(phase, review)).toMatchObject({ allowed: true })
  })
})

const data = join(import.meta.dirname, '../../../../../shared/data/k8s/admission')
const hasData = existsSync(data)

describe.skipIf(!hasData)(
  `reviews of shared data${hasData ? '' : ' (skipped without ../shared/data)'}`,
  () => {
    const read = (file: string): unknown => JSON.parse(readFileSync(join(data, file), 'utf8'))
    const listed = hasData
      ? (read('index.json') as { reviews: { file: string; expect: { uidOfResponse: string } }[] }).reviews
      : []

    it.each(listed.map(({ file, expect: { uidOfResponse } }) => [file, uidOfResponse]))(
      '%s is answered over TLS as it is without',
      async (file, uid) => {
        for (const phase of phases) expect((await ask(phase, read(file) as object)).uid).toBe(uid)
      },
    )
  },
)
