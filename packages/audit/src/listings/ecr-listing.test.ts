import { signAwsRequest } from '@sallyport/oci/cloud'
import { describe, expect, it } from 'vitest'
import { ecrListing } from './ecr-listing.ts'
import { describeListingContract } from './listing-contract.fixture.ts'
import type { DoubledRepository } from './listing-content.fixture.ts'
import {
  afterKey,
  type DoubleAnswer,
  type DoubleRequest,
  startServiceDouble,
} from './service-double.fixture.ts'

const registry = '111122223333.dkr.ecr.eu-west-1.amazonaws.com'
const keys = {
  accessKeyId: 'AKIAAUDITEXAMPLE0001',
  secretAccessKey: 'aws-secret-access-key-of-the-audit',
  sessionToken: 'aws-session-token-of-the-audit',
}
const clock = { now: () => new Date('2026-11-26T12:00:00Z') }

/** The JSON 1.1 protocol: one path, operations by header, signed; times in seconds; errors as 400 with `__type`. */
async function startEcr(content: DoubledRepository[]) {
  return startServiceDouble((request, origin) => {
    if (request.method !== 'POST' || request.path !== '/' || !isSigned(request, origin))
      return {
        status: 403,
        json: { __type: 'UnrecognizedClientException', message: 'The security token is invalid.' },
      }
    const input = JSON.parse(request.body) as {
      readonly registryId: string
      readonly repositoryName?: string
      readonly maxResults: number
      readonly nextToken?: string
    }
    if (input.registryId !== '111122223333' || input.maxResults > 1000 || input.nextToken === '')
      return refused('InvalidParameterException')
    const after = Buffer.from(input.nextToken ?? '', 'base64').toString('utf8')
    const token = (next: string | undefined) =>
      next === undefined ? {} : { nextToken: Buffer.from(next, 'utf8').toString('base64') }
    const operation = request.header('x-amz-target')
    if (operation === 'AmazonEC2ContainerRegistry_V20150921.DescribeRepositories') {
      const { page, next } = afterKey(content, ({ name }) => name, after, input.maxResults)
      return {
        json: {
          repositories: page.map(({ name }) => ({
            repositoryArn: `arn:aws:ecr:eu-west-1:111122223333:repository/${name}`,
            registryId: '111122223333',
            repositoryName: name,
            createdAt: 1764106852.123,
          })),
          ...token(next),
        },
      }
    }
    if (operation !== 'AmazonEC2ContainerRegistry_V20150921.DescribeImages')
      return refused('UnknownOperationException')
    const found = content.find(({ name }) => name === input.repositoryName)
    if (found === undefined) return refused('RepositoryNotFoundException')
    const { page, next } = afterKey(found.manifests, ({ digest }) => digest, after, input.maxResults)
    return {
      json: {
        imageDetails: page.map(({ digest, tags, size, pushedAt, pulledAt, mediaType, artifactType }) => ({
          registryId: '111122223333',
          repositoryName: found.name,
          imageDigest: digest,
          ...(tags.length === 0 ? {} : { imageTags: tags }),
          imageSizeInBytes: size,
          imagePushedAt: pushedAt.getTime() / 1000,
          ...(pulledAt === undefined ? {} : { lastRecordedPullTime: pulledAt.getTime() / 1000 }),
          imageManifestMediaType: mediaType,
          artifactMediaType: artifactType,
        })),
        ...token(next),
      },
    }
  })
}

function refused(type: string): DoubleAnswer {
  return { status: 400, json: { __type: type, message: 'no' } }
}

function isSigned({ method, header, body }: DoubleRequest, origin: string): boolean {
  const names = ['accept', 'content-type', 'x-amz-target']
  const headers = Object.fromEntries(names.map((name) => [name, header(name) ?? '']))
  const request = { method, url: new URL(`${origin}/`), headers, body, region: 'eu-west-1', service: 'ecr' }
  const expected = signAwsRequest(request, keys, clock.now())
  return (
    header('authorization') === expected['authorization'] &&
    header('x-amz-security-token') === keys.sessionToken
  )
}

describeListingContract('ecrListing', {
  pages: { repositories: 1000, manifests: 1000 },
  tells: ['size', 'pushedAt', 'pulledAt', 'mediaType', 'artifactType'],
  secrets: [keys.secretAccessKey, keys.sessionToken, 'Signature='],
  async start(content, options) {
    const double = await startEcr(content)
    const listing = ecrListing({
      ...options,
      registry,
      origin: double.origin,
      credentials: async () => keys,
      clock,
    })
    return { double, listing, pathOf: (name) => name }
  },
})

describe('ecrListing', () => {
  it('asks again when AWS says, with a status 400, that it is asked too often', async () => {
    await using double = await startEcr([{ name: 'app', manifests: [] }])
    const waits: number[] = []
    const listing = ecrListing({
      registry,
      origin: double.origin,
      credentials: async () => keys,
      clock,
      random: () => 0,
      sleep: async (milliseconds) => void waits.push(milliseconds),
    })
    double.fail(refused('ThrottlingException'), 2)
    expect(await Array.fromAsync(listing.listRepositories())).toEqual(['app'])
    expect(waits).toEqual([250, 500])
    double.fail(refused('com.amazonaws.ecr#RepositoryNotFoundException'), 1)
    await expect(Array.fromAsync(listing.listManifests('app'))).rejects.toMatchObject({
      code: 'LISTING_FAILED',
      status: 400,
      message: expect.stringContaining('(RepositoryNotFoundException)') as string,
    })
    await listing.close()
  })

  it.each([
    ['no keys', async () => Promise.reject(new Error('SECRET-IN-A-MESSAGE'))],
    ['keys that can be in no header', async () => ({ ...keys, sessionToken: 'SECRET-IN-A-MESSAGE\r\nx: y' })],
  ])('fails without showing anything where there are %s', async (_, credentials) => {
    await using double = await startEcr([])
    const listing = ecrListing({
      registry,
      origin: double.origin,
      credentials,
      clock,
      retry: { attempts: 1 },
    })
    const error = await Array.fromAsync(listing.listRepositories()).catch((reason: unknown) => reason)
    expect(error).toMatchObject({ code: 'LISTING_FAILED' })
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('SECRET')
    expect(double.requests).toHaveLength(0)
    await listing.close()
  })

  it.each(['ghcr.io', 'public.ecr.aws', '1.dkr.ecr.eu-west-1.amazonaws.com', `${registry}.evil.example`])(
    'refuses %s',
    (other) => {
      const create = () => ecrListing({ registry: other })
      expect(create).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }) as Error)
    },
  )
})
