import { isSallyportError } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import type { ListedManifest, UnlistedTag } from '../ports/registry-listing.ts'
import type { DoubledRepository } from './listing-content.fixture.ts'
import { manifestOf, repositoryOf } from './listing-content.fixture.ts'
import type { ListingServiceOptions, ServiceListing } from './listing-options.ts'
import type { DoubleAnswer, ServiceDouble } from './service-double.fixture.ts'

/** A listing and the double that it lists. */
export interface ListingSubject {
  readonly listing: ServiceListing
  readonly double: ServiceDouble
  /** The path of a repository. */
  pathOf(name: string): string
}

/** What differs from service to service. */
export interface ListingContractOptions {
  start(content: DoubledRepository[], options: ListingServiceOptions): Promise<ListingSubject>
  /** How many of each are on a page. */
  readonly pages: { readonly repositories: number; readonly manifests: number }
  /** What the service tells of a manifest. */
  readonly tells: readonly ('size' | 'pushedAt' | 'pulledAt' | 'mediaType' | 'artifactType')[]
  /** Words that must not be in any error. */
  readonly secrets: readonly string[]
}

/** Laws of every listing by a registry's own interface. */
export function describeListingContract(name: string, options: ListingContractOptions): void {
  const { pages, tells, secrets } = options

  describe(`${name}: the contract of listings`, () => {
    const waits: number[] = []
    const start = async (content: DoubledRepository[]) => {
      waits.length = 0
      const subject = await options.start(content, {
        retry: { attempts: 3, baseDelayMs: 10, maxDelayMs: 30_000 },
        random: () => 1,
        sleep: async (milliseconds, signal) => {
          signal?.throwIfAborted()
          waits.push(milliseconds)
        },
        proxyEnvironment: false,
      })
      return {
        ...subject,
        async [Symbol.asyncDispose]() {
          await subject.listing.close()
          await subject.double[Symbol.asyncDispose]()
        },
      }
    }
    const startSmall = async () => start([repositoryOf('app', 3, false)])

    it('lists the repositories of more than two pages, each once', async () => {
      const count = pages.repositories * 2 + 1
      const names = Array.from({ length: count }, (_, index) => `app-${String(index).padStart(5, '0')}`)
      await using subject = await start(names.map((each) => ({ name: each, manifests: [] })))
      const listed = await Array.fromAsync(subject.listing.listRepositories())
      expect(listed.toSorted()).toEqual(names.map(subject.pathOf).toSorted())
    })

    it('lists the manifests of more than two pages with their tags, and what the service tells of them', async () => {
      const count = pages.manifests * 2 + 50
      const untagged =
        (await startSmall().then(async (each) => {
          await using small = each
          return small.listing.lists
        })) === 'manifests'
      const repository = repositoryOf('team/app', count, untagged)
      await using subject = await start([repositoryOf('other', 2, false), repository])
      const listed = await list(subject, 'team/app')
      expect(pairsOf(listed)).toEqual(expectedPairs(repository))
      for (const wanted of repository.manifests.slice(0, 4)) {
        const found = listed.find((each) => 'digest' in each && each.digest === wanted.digest)
        for (const field of ['size', 'pushedAt', 'pulledAt', 'mediaType', 'artifactType'] as const) {
          const value = wanted[field]
          const expected = value instanceof Date ? value.toISOString() : value
          expect({ [field]: found?.[field as keyof typeof found] }).toEqual({
            [field]: tells.includes(field) ? expected : undefined,
          })
        }
      }
    })

    it('takes no more requests than it estimates, and not far fewer', async () => {
      const content = [1, pages.manifests, pages.manifests + 1, 3, 0].map((count, index) =>
        repositoryOf(`app-${index}`, count, false),
      )
      await using subject = await start(content)
      const repositories = await Array.fromAsync(subject.listing.listRepositories())
      let tags = 0
      for (const repository of repositories)
        for await (const each of subject.listing.listManifests(repository))
          tags += 'digest' in each ? each.tags.length : 1
      const counted = subject.listing.requests()
      expect(counted).toBe(subject.double.requests.length)
      const estimate = subject.listing.estimateRequests({ repositories: content.length, tags })
      expect(counted).toBeLessThanOrEqual(estimate)
      expect(estimate).toBeLessThanOrEqual(counted * 2)
    })

    it('lists nothing of an empty registry and of an empty repository', async () => {
      await using empty = await start([])
      expect(await Array.fromAsync(empty.listing.listRepositories())).toEqual([])
      await using hollow = await start([{ name: 'app', manifests: [] }])
      expect(await list(hollow, 'app')).toEqual([])
    })

    it('finds a repository without having listed any before', async () => {
      await using subject = await startSmall()
      expect(await list(subject, 'app')).toHaveLength(3)
    })

    it('fails for a repository that is gone, and does not call it empty', async () => {
      await using subject = await start([repositoryOf('app', 1, false)])
      const gone = subject.pathOf('app')
      await Array.fromAsync(subject.listing.listRepositories())
      subject.double.fail({ status: 404, json: {} }, 100)
      await expect(Array.fromAsync(subject.listing.listManifests(gone))).rejects.toMatchObject({
        code: 'LISTING_FAILED',
        status: 404,
      })
    })

    it('ignores fields that it does not know', async () => {
      await using subject = await startSmall()
      subject.double.change(withUnknownFields)
      expect(await Array.fromAsync(subject.listing.listRepositories())).toEqual([subject.pathOf('app')])
      expect(await list(subject, 'app')).toHaveLength(3)
    })

    it('starts nothing when it is aborted already, and ends at once when it is aborted under way', async () => {
      await using subject = await start([repositoryOf('app', pages.manifests + 1, false)])
      const reason = new Error('enough')
      const aborted = { signal: AbortSignal.abort(reason) }
      await expect(Array.fromAsync(subject.listing.listRepositories(aborted))).rejects.toBe(reason)
      await expect(list(subject, 'app', aborted)).rejects.toBe(reason)
      expect(subject.double.requests).toHaveLength(0)

      const controller = new AbortController()
      let asked = 0
      const walk = async () => {
        for await (const each of subject.listing.listManifests(subject.pathOf('app'), controller)) {
          expect(each).toBeDefined()
          asked = subject.double.requests.length
          controller.abort(reason)
        }
      }
      await expect(walk()).rejects.toBe(reason)
      expect(subject.double.requests).toHaveLength(asked)
    })

    it('ends while it waits for an answer, too', async () => {
      await using subject = await startSmall()
      const controller = new AbortController()
      const reason = new Error('enough')
      subject.double.fail(() => {
        controller.abort(reason)
        return { json: {} }
      })
      const pending = Array.fromAsync(subject.listing.listRepositories({ signal: controller.signal }))
      await expect(pending).rejects.toBe(reason)
    })

    it.each([
      [401, 'missing, wrong or over'],
      [403, 'not enough'],
      [404, 'not there'],
    ])('says what a status %i means, and no secret', async (status, meaning) => {
      await using subject = await startSmall()
      // A service that repeats what it was sent.
      subject.double.fail((request) => {
        const sent = ['authorization', 'private-token', 'x-amz-security-token'].map(request.header).join(' ')
        return {
          status,
          json: { message: sent, errors: [{ code: 'DENIED', message: sent }], __type: `x#${sent}` },
        }
      }, 10)
      const error = await failureOf(Array.fromAsync(subject.listing.listRepositories()))
      expect(error).toMatchObject({ code: 'LISTING_FAILED', status, retryable: false })
      expect((error as Error).message).toContain(meaning)
      expect(waits).toEqual([])
      for (const secret of secrets) expect(inspected(error)).not.toContain(secret)
    })

    it('waits as long as it is asked to, and not longer than it may', async () => {
      await using subject = await startSmall()
      subject.double.fail({ status: 429, headers: { 'retry-after': '7' }, json: {} })
      expect(await Array.fromAsync(subject.listing.listRepositories())).toEqual([subject.pathOf('app')])
      expect(waits).toEqual([7000])
      subject.double.fail({ status: 429, headers: { 'retry-after': '3600' }, json: {} })
      const error = await failureOf(list(subject, 'app'))
      expect(error).toMatchObject({ code: 'LISTING_FAILED', status: 429, retryable: true })
      expect(waits).toEqual([7000])
    })

    it('asks again after a failure that may pass, and not for ever', async () => {
      await using subject = await startSmall()
      subject.double.fail({ status: 500, body: 'oops' }, 2)
      expect(await list(subject, 'app')).toHaveLength(3)
      expect(waits).toEqual([10, 20])
      subject.double.fail({ status: 503, body: 'oops' }, 100)
      const error = await failureOf(list(subject, 'app'))
      expect(error).toMatchObject({ code: 'LISTING_FAILED', status: 503, retryable: true })
      expect(waits).toEqual([10, 20, 10, 20])
    })

    it('says that a service is not there', async () => {
      const subject = await startSmall()
      await subject.double[Symbol.asyncDispose]()
      const error = await failureOf(Array.fromAsync(subject.listing.listRepositories()))
      expect(error).toMatchObject({ code: 'LISTING_FAILED', retryable: true, status: undefined })
      for (const secret of secrets) expect(inspected(error)).not.toContain(secret)
      await subject.listing.close()
    })

    it('follows no redirect', async () => {
      await using other = await startSmall()
      await using subject = await startSmall()
      const location = `${other.double.origin}/elsewhere`
      subject.double.fail({ status: 307, headers: { location }, json: {} }, 10)
      const error = await failureOf(Array.fromAsync(subject.listing.listRepositories()))
      expect(error).toMatchObject({ code: 'LISTING_FAILED', status: 307 })
      expect(other.double.requests).toHaveLength(0)
    })

    it.each<[string, DoubleAnswer]>([
      ['no JSON', { body: '{"repositories":[' }],
      ['a page for browsers', { body: '<html>Sign in</html>', headers: { 'content-type': 'text/html' } }],
      ['nothing', { body: '' }],
      ['null', { json: null }],
      ['a number', { json: 7 }],
      ['entries of another type', { json: deepRetype }],
      ['JSON that is nested too deeply', { body: `${'['.repeat(100_000)}${']'.repeat(100_000)}` }],
      ['text that is no UTF-8', { body: new Uint8Array([0x22, 0xff, 0xfe, 0x22]) }],
      ['more than 8 MiB', { body: `"${'x'.repeat(9 * 1024 * 1024)}"` }],
    ])('refuses %s as a page', async (_, answer) => {
      await using subject = await startSmall()
      if (answer.json === deepRetype) subject.double.change(deepRetype)
      else subject.double.fail(answer, 10)
      await expect(Array.fromAsync(subject.listing.listRepositories())).rejects.toMatchObject({
        code: 'LISTING_INVALID',
      })
      if (answer.json !== deepRetype) subject.double.fail(answer, 10)
      await expect(list(subject, 'app')).rejects.toMatchObject({ code: 'LISTING_INVALID' })
    })

    it('refuses a list that gives the same page for ever', async () => {
      await using subject = await start([repositoryOf('app', pages.manifests * 2 + 1, false)])
      await Array.fromAsync(subject.listing.listRepositories())
      const before = subject.double.requests.length
      subject.double.repeatNext()
      await expect(list(subject, 'app')).rejects.toMatchObject({ code: 'LISTING_INVALID' })
      expect(subject.double.requests.length - before).toBeLessThan(100)
    })

    it('lists a tag whose digest is none as one that could not be listed', async () => {
      const bad = { ...manifestOf(5, ['bad']), digest: 'sha256:1234' }
      await using subject = await start([{ name: 'app', manifests: [manifestOf(1), bad, manifestOf(2)] }])
      const listed = await list(subject, 'app')
      expect(listed.filter((each) => 'tag' in each)).toEqual([
        { tag: 'bad', code: 'DIGEST_INVALID', message: expect.any(String) as string },
      ])
      expect(pairsOf(listed)).toHaveLength(2)
    })

    it('lists a tag that can be none as one that could not be listed', async () => {
      const manifests = [manifestOf(1), manifestOf(2, ['-no tag\u001b[31m', 'good'])]
      await using subject = await start([{ name: 'app', manifests }])
      const listed = await list(subject, 'app')
      expect(listed.filter((each) => 'tag' in each)).toMatchObject([{ code: 'TAG_INVALID' }])
      const tagged = pairsOf(listed).filter((pair) => pair.includes(' '))
      expect(tagged).toEqual([`${manifestOf(1).digest} v1`, `${manifestOf(2).digest} good`].toSorted())
    })

    it('refuses names of repositories that can be none, and asks for none', async () => {
      await using subject = await start([{ name: 'App Of Me', manifests: [] }])
      await expect(Array.fromAsync(subject.listing.listRepositories())).rejects.toMatchObject({
        code: 'LISTING_INVALID',
      })
      const before = subject.double.requests.length
      for (const bad of ['../../api/v1/users', 'app?x=1', 'app@sha256:1', 'app:1', '', 'a//b'])
        await expect(Array.fromAsync(subject.listing.listManifests(bad))).rejects.toMatchObject({
          code: 'LISTING_INVALID',
        })
      expect(subject.double.requests).toHaveLength(before)
    })

    it('misses nothing when a manifest is deleted while pages are read', async () => {
      const repository = repositoryOf('app', pages.manifests * 2 + 1, false)
      const kept = expectedPairs({ ...repository, manifests: repository.manifests.slice(1) })
      await using subject = await start([repository])
      await Array.fromAsync(subject.listing.listRepositories())
      let told = 0
      subject.double.afterAnswer(() => {
        if (++told === 1) repository.manifests.shift()
      })
      const pairs = new Set(pairsOf(await list(subject, 'app')))
      expect(kept.filter((pair) => !pairs.has(pair))).toEqual([])
    })
  })
}

async function list(
  { listing, pathOf }: ListingSubject,
  name: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<(ListedManifest | UnlistedTag)[]> {
  return Array.fromAsync(listing.listManifests(pathOf(name), options))
}

/** `digest tag` for each tag, `digest` for a manifest without one. */
function pairsOf(listed: readonly (ListedManifest | UnlistedTag)[]): string[] {
  return listed.flatMap((each) => ('digest' in each ? expand(each.digest, each.tags) : [])).toSorted()
}

function expectedPairs({ manifests }: DoubledRepository): string[] {
  return manifests.flatMap(({ digest, tags }) => expand(digest, tags)).toSorted()
}

function expand(digest: string, tags: readonly string[]): string[] {
  return tags.length === 0 ? [digest] : tags.map((tag) => `${digest} ${tag}`)
}

async function failureOf(pending: Promise<unknown>): Promise<unknown> {
  const error = await pending.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(isSallyportError(error)).toBe(true)
  return error
}

/** All that a log could show of an error. */
function inspected(error: unknown): string {
  const { message, stack, cause } = error as Error
  return [message, stack, JSON.stringify(error), cause === undefined ? '' : inspected(cause)].join('\n')
}

function withUnknownFields(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(withUnknownFields)
  if (typeof json !== 'object' || json === null) return json
  const entries = Object.entries(json).map(([key, value]) => [key, withUnknownFields(value)] as const)
  return { ...Object.fromEntries(entries), x_unknown: { deep: [1, null, 'x'] } }
}

/** Every entry of a list becomes a number. */
function deepRetype(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(() => 7)
  if (typeof json !== 'object' || json === null) return json
  return Object.fromEntries(Object.entries(json).map(([key, value]) => [key, deepRetype(value)] as const))
}
