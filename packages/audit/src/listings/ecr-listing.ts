import { type Clock, systemClock } from '@sallyport/core'
import type { Environment } from '@sallyport/oci'
import { type AwsCredentials, findAwsCredentials, signAwsRequest } from '@sallyport/oci/cloud'
import * as z from 'zod'
import { createServiceListing, estimatePages } from './create-service-listing.ts'
import { createListingHttp } from './http/create-listing-http.ts'
import { type AskListing, type AuthorizeListing, invalidOption } from './http/listing-http.ts'
import { parsePage, told } from './http/read-json.ts'
import { type ListingPage, readPages } from './http/read-pages.ts'
import type { ListingServiceOptions, ServiceListing } from './listing-options.ts'

/** Finds the keys of an AWS identity, e.g. by the SDK. */
export type FindAwsKeys = (options: {
  readonly region: string
  readonly signal?: AbortSignal | undefined
}) => Promise<AwsCredentials>

/** Options of {@link ecrListing}. */
export interface EcrListingOptions extends ListingServiceOptions {
  /** `<account>.dkr.ecr[-fips].<region>.amazonaws.com[.cn]`. */
  readonly registry: string
  /** Keys of the AWS identity. Default: what the environment, container or instance gives. */
  readonly credentials?: FindAwsKeys | undefined
  /** Environment variables for the default of `credentials`. Default: those of the process. */
  readonly env?: Environment | undefined
  /** Where the API is. Default: that of the region. */
  readonly origin?: string | undefined
}

/** ECR gives no more. */
const pageSize = 1000
const hostPattern =
  /^(\d{12})\.dkr\.ecr(-fips)?\.([a-z]{2,5}(?:-[a-z]{2,16}){1,3}-\d{1,2})\.(amazonaws\.com(?:\.cn)?)$/
const nextToken = z.string().min(1).nullish()
const repositoriesSchema = z.object({
  repositories: z.array(z.object({ repositoryName: z.string() })),
  nextToken,
})
const imagesSchema = z.object({
  imageDetails: z.array(
    z.object({
      imageDigest: told,
      imageTags: z.array(z.string()).nullish(),
      imageSizeInBytes: told,
      imagePushedAt: told,
      lastRecordedPullTime: told,
      imageManifestMediaType: told,
      artifactMediaType: told,
    }),
  ),
  nextToken,
})

/**
 * Lists a private registry of Amazon ECR by `DescribeRepositories` and `DescribeImages`, manifests without a tag too.
 * Archived images, which can't be pulled until they are restored, are not among them.
 *
 * @throws {AuditError} `OPTIONS_INVALID` when the registry is none of ECR's; `LISTING_FAILED` and `LISTING_INVALID` while
 *   it lists.
 */
export function ecrListing(options: EcrListingOptions): ServiceListing {
  const { registry, clock = systemClock, env = process.env } = options
  const [, registryId, fips, region, domain] = hostPattern.exec(registry) ?? []
  if (registryId === undefined || region === undefined || domain === undefined)
    throw invalidOption('ecr', 'expected <account>.dkr.ecr.<region>.amazonaws.com')
  const { origin = `https://${fips === undefined ? 'api.ecr' : 'ecr-fips'}.${region}.${domain}` } = options
  const { credentials = (given) => findAwsCredentials({ ...given, env }) } = options
  const authorize = bySignature(region, credentials, clock)
  const http = createListingHttp({ name: 'ecr', origin, authorize, options })

  const readAll = <Page extends { readonly nextToken?: string | null | undefined }, Entry>(
    ask: AskListing,
    call: EcrCall,
    schema: z.ZodType<Page>,
    entriesOf: (page: Page) => readonly Entry[],
  ) =>
    readPages(call.subject, '', async (token): Promise<ListingPage<Entry>> => {
      const { subject, action } = call
      const { json } = await ask({
        method: 'POST',
        to: '/',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `AmazonEC2ContainerRegistry_V20150921.${call.operation}`,
        },
        body: JSON.stringify({
          registryId,
          ...call.input,
          maxResults: pageSize,
          ...(token === '' ? {} : { nextToken: token }),
        }),
        subject,
        action,
        permission: `ecr:${call.operation}`,
      })
      const page = parsePage(json, schema, subject)
      return { entries: entriesOf(page), next: page.nextToken ?? undefined }
    })

  return createServiceListing({
    registry,
    name: 'ecr',
    lists: 'manifests',
    http,
    estimateRequests: (counts) => estimatePages(counts, { repositories: pageSize, manifests: pageSize }),
    async *repositories(ask) {
      const call = {
        operation: 'DescribeRepositories',
        input: {},
        subject: registry,
        action: 'list the repositories',
      }
      const all = readAll(ask, call, repositoriesSchema, ({ repositories }) => repositories)
      for await (const { repositoryName } of all) yield repositoryName
    },
    async *manifests(repositoryName, ask, subject) {
      const call = {
        operation: 'DescribeImages',
        input: { repositoryName },
        subject,
        action: 'list the images',
      }
      for await (const image of readAll(ask, call, imagesSchema, ({ imageDetails }) => imageDetails)) {
        yield {
          digest: image.imageDigest,
          tags: image.imageTags ?? [],
          mediaType: image.imageManifestMediaType,
          artifactType: image.artifactMediaType,
          size: image.imageSizeInBytes,
          pushedAt: image.imagePushedAt,
          pulledAt: image.lastRecordedPullTime,
        }
      }
    },
  })
}

interface EcrCall {
  readonly operation: string
  readonly input: Readonly<Record<string, string>>
  readonly subject: string
  readonly action: string
}

function bySignature(region: string, credentials: FindAwsKeys, clock: Clock): AuthorizeListing {
  return async ({ method, url, headers, body }, { signal }) => {
    const keys = await credentials({ region, signal })
    return signAwsRequest({ method, url, headers, body, region, service: 'ecr' }, keys, clock.now())
  }
}
