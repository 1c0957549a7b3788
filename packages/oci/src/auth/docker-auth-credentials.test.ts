import { describe, expect, it } from 'vitest'
import { dockerAuthCredentials } from './docker-auth-credentials.ts'

const auth = (user: string) => ({ auth: Buffer.from(`${user}:secret of ${user}`).toString('base64') })
const config = (auths: object, more = {}) => ({
  text: JSON.stringify({ auths, ...more }),
  source: 'secret a',
})

describe('dockerAuthCredentials', () => {
  const provider = dockerAuthCredentials([
    config({ 'prod.example': auth('wide'), 'https://index.docker.io/v1/': auth('hub') }),
    config({ 'prod.example/team/app': auth('narrow'), 'prod.example': auth('late') }, { credsStore: 'evil' }),
    { text: JSON.stringify({ 'old.example:5000': auth('old') }), source: 'secret b', form: 'auths' },
  ])

  it.each([
    ['the longest path, whichever text it is in', 'prod.example', 'team/app', 'narrow'],
    ['a longer path than any', 'prod.example', 'team/app/sub', 'narrow'],
    ['the first of equal ones', 'prod.example', 'team/application', 'wide'],
    ['Docker Hub by its old name', 'docker.io', 'library/nginx', 'hub'],
    ['the old form, port included', 'old.example:5000', 'x', 'old'],
    ['nothing for another port', 'old.example', 'x', undefined],
    ['nothing for a host below', 'sub.prod.example', 'x', undefined],
    ['nothing for a host above', 'example', 'x', undefined],
  ])('gives %s', async (_, registry, repository, username) => {
    const found = await provider.find({ registry, repository })
    expect(found?.type === 'password' ? found.username : undefined).toBe(username)
  })

  it('does not take a name of every object for a host', async () => {
    const { find } = dockerAuthCredentials([{ text: '{"auths":{"__proto__":{"auth":"YTpi"}}}', source: 's' }])
    expect(await find({ registry: 'prod.example', repository: 'constructor' })).toBeUndefined()
  })

  it.each([
    ['no JSON', 'secret', 'config'],
    ['a list', '[]', 'config'],
    ['a list of old form', '[]', 'auths'],
    ['more than the old form', '{}},"credsStore":"x","a":{', 'auths'],
  ] as const)('says which text is %s, and nothing of its content', (_, text, form) => {
    expect(() => dockerAuthCredentials([{ text, source: 'prod/pull', form }])).toThrow(
      expect.objectContaining({
        code: 'CREDENTIALS_UNREADABLE',
        message: expect.stringContaining('prod/pull') as string,
      }) as Error,
    )
  })
})
