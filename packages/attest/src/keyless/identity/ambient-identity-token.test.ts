import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startScriptedService } from '../../testing/scripted-service.ts'
import { startSpiffeDouble } from '../../testing/spiffe-double.ts'
import { type AmbientIdentity, ambientIdentityToken } from './ambient-identity-token.ts'

const audience = 'sigstore'
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ambient-'))
  await writeFile(join(folder, 'token'), 'file-token\n')
})
afterAll(() => rm(folder, { recursive: true }))

const socketOf = (path: string) => ({ SPIFFE_ENDPOINT_SOCKET: path })
const nothing = () => {
  const none = join(folder, 'none')
  return { env: socketOf(none), tokenFile: none, machineFile: none }
}

describe('ambientIdentityToken', () => {
  it('takes the first source that applies, in order', async () => {
    await using agent = await startSpiffeDouble([{ spiffeId: 'spiffe://example/one', token: 'spiffe-token' }])
    await using service = await startScriptedService(({ path }) =>
      path.startsWith('/github')
        ? { body: '{"value":"github-token"}' }
        : path.startsWith('/buildkite')
          ? { body: '{"token":"buildkite-token"}' }
          : path.startsWith('/azure')
            ? { body: '{"access_token":"azure-token"}' }
            : { headers: { 'metadata-flavor': 'Google' }, body: 'google-token' },
    )
    const signs: readonly [AmbientIdentity, string, Readonly<Record<string, string>>][] = [
      [
        'github-actions',
        'github-token',
        {
          ACTIONS_ID_TOKEN_REQUEST_URL: `${service.url}/github?a=b`,
          ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'secret',
        },
      ],
      [
        'buildkite',
        'buildkite-token',
        {
          BUILDKITE_AGENT_ACCESS_TOKEN: 'secret',
          BUILDKITE_AGENT_ENDPOINT: `${service.url}/buildkite`,
          BUILDKITE_JOB_ID: '1',
        },
      ],
      ['environment', 'given-token', { SIGSTORE_ID_TOKEN: 'given-token' }],
      ['file', 'file-token', { tokenFile: 'token' }],
      ['google', 'google-token', { GCE_METADATA_HOST: new URL(service.url).host }],
      ['spiffe', 'spiffe-token', socketOf(`unix://${agent.socketPath}`)],
      ['circleci', 'circle-token', { CIRCLE_OIDC_TOKEN_V2: 'circle-token', CIRCLE_OIDC_TOKEN: 'old' }],
      ['azure', 'azure-token', { IDENTITY_ENDPOINT: `${service.url}/azure`, IDENTITY_HEADER: 'secret' }],
    ]
    for (const [index, [name, expected]] of signs.entries()) {
      // This one and all that come after it.
      const merged = Object.assign(
        socketOf(join(folder, 'none')),
        ...signs.slice(index).map(([, , sign]) => sign),
      ) as Record<string, string>
      const { tokenFile = 'none', ...env } = merged
      const found: AmbientIdentity[] = []
      const source = ambientIdentityToken({
        env,
        tokenFile: join(folder, tokenFile),
        machineFile: join(folder, 'none'),
        onFound: (each) => found.push(each),
      })
      expect(await source.token({ audience })).toBe(expected)
      expect(found).toEqual([name])
    }
  })

  it('says what it looked for when nothing applies', async () => {
    await expect(ambientIdentityToken(nothing()).token({ audience })).rejects.toMatchObject({
      code: 'IDENTITY_UNAVAILABLE',
      message: expect.stringMatching(
        /github-actions: ACTIONS_.*buildkite: .*environment: SIGSTORE_.*azure: /,
      ) as string,
    })
  })

  it('knows a machine of Google by its firmware', async () => {
    const machineFile = join(folder, 'machine')
    await writeFile(machineFile, 'Google Compute Engine\n')
    const onFound = (name: AmbientIdentity): void => {
      throw new Error(`found ${name}`)
    }
    const source = ambientIdentityToken({ ...nothing(), machineFile, onFound })
    await expect(source.token({ audience })).rejects.toThrow('found google')
  })

  it('asks no second source when the one that applies fails', async () => {
    const { env, ...files } = nothing()
    const both = { ...env, BUILDKITE_AGENT_ACCESS_TOKEN: 'secret', SIGSTORE_ID_TOKEN: 'given-token' }
    await expect(ambientIdentityToken({ env: both, ...files }).token({ audience })).rejects.toMatchObject({
      code: 'IDENTITY_UNAVAILABLE',
      message: expect.stringContaining('BUILDKITE_JOB_ID') as string,
    })
  })
})
