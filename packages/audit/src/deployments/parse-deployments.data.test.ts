import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parseDeployments } from './parse-deployments.ts'

const folder = join(import.meta.dirname, '../../../../../shared/data/k8s/admission')
const isThere = existsSync(folder)

interface Review {
  readonly file: string
  readonly expect: { readonly images: readonly { readonly image: string }[] }
}
const { reviews } = isThere
  ? (JSON.parse(readFileSync(join(folder, 'index.json'), 'utf8')) as { reviews: readonly Review[] })
  : { reviews: [] }

describe.skipIf(!isThere)(
  'parseDeployments on objects of the Kubernetes API (skipped without ../shared/data)',
  () => {
    it('finds them all', () => {
      expect(reviews.map(({ file }) => file)).toEqual(
        readdirSync(folder).filter((name) => name !== 'index.json'),
      )
    })

    it.each(
      reviews
        .filter((review) => review.expect.images.length > 0)
        .map((review) => [review.file, review] as const),
    )('takes every image of %s', (file, review) => {
      const { request } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as {
        request: { object: object }
      }
      const images = parseDeployments(JSON.stringify(request.object), { source: file })
      const expected = review.expect.images.map(({ image }) => image)
      expect(images.map(({ reference }) => reference).toSorted()).toEqual(expected.toSorted())
    })
  },
)
