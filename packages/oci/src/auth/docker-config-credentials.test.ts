import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { OciError } from '../errors.ts'
import type { Credentials } from '../ports/credential-provider.ts'
import { sharedCases } from '../testing/shared-cases.ts'
import { credentialKeys } from './docker-config.ts'
import { dockerConfigCredentials } from './docker-config-credentials.ts'
import { type CredentialHelper, readHelperAnswer, runCredentialHelper } from './run-credential-helper.ts'

interface Row {
  readonly name: string
  readonly input: {
    readonly query?: { registry: string; repository?: string }
    readonly keyOrderOf?: string
    readonly env?: Record<string, string>
    readonly files?: Record<string, unknown>
    readonly helpers?: Record<string, Record<string, { Username?: string; Secret?: string; fail?: string }>>
  }
  readonly expect: {
    readonly anonymous?: true
    readonly error?: true
    readonly keys?: readonly string[]
    readonly username?: string
    readonly password?: string
    readonly identityToken?: string
    readonly registryToken?: string
  }
}

const rows = sharedCases<Row>('docker-config')
let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-config-'))
})
afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function writeFiles(files: Record<string, unknown>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    const path = name.replace('{tmp}', folder)
    if (content === null) await mkdir(path, { recursive: true })
    else {
      await mkdir(dirname(path), { recursive: true })
      await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content))
    }
  }
}

function helperOf(helpers: Row['input']['helpers'] = {}): CredentialHelper {
  return async (name, server) => {
    const answers = helpers[name]
    const answer = answers?.[server]
    if (answers === undefined || answer?.fail !== undefined) {
      throw new OciError('CREDENTIALS_UNREADABLE', answer?.fail ?? 'not installed')
    }
    if (answer?.Username === undefined) return undefined
    return readHelperAnswer(name, JSON.stringify(answer))
  }
}

/** The same, in the table's words; where an entry holds several kinds, a token stands before a password. */
function expectedOf({
  username,
  password,
  identityToken,
  registryToken,
}: Row['expect']): Credentials | undefined {
  if (identityToken !== undefined) return { type: 'identity-token', identityToken }
  if (registryToken !== undefined) return { type: 'registry-token', registryToken }
  return username === undefined ? undefined : { type: 'password', username, password: password ?? '' }
}

describe.skipIf(rows.length === 0)('dockerConfigCredentials, shared table', () => {
  it.each(rows)('$name', async ({ input, expect: expected }) => {
    if (input.keyOrderOf !== undefined) {
      const [registry = '', ...parts] = input.keyOrderOf.split('/')
      expect(credentialKeys({ registry, repository: parts.join('/') })).toEqual(expected.keys)
      return
    }
    await writeFiles(input.files ?? {})
    const env = Object.fromEntries(
      Object.entries(input.env ?? {}).map(([name, value]) => [name, value.replace('{tmp}', folder)]),
    )
    const provider = dockerConfigCredentials({ env, helper: helperOf(input.helpers) })
    const found = provider.find(input.query!)
    if (expected.error) await expect(found).rejects.toMatchObject({ code: 'CREDENTIALS_UNREADABLE' })
    else expect(await found).toEqual(expectedOf(expected))
  })
})

describe('dockerConfigCredentials', () => {
  const find = (registry: string) => dockerConfigCredentials({ env: { HOME: folder } }).find({ registry })

  it.each([
    ['registry.example', true],
    ['evil-registry.example', false],
    ['registry.example.evil.net', false],
    ['registry.example:5000', false],
  ])('hands the entry of registry.example to %s: %s', async (registry, given) => {
    await writeFiles({ '{tmp}/.docker/config.json': { auths: { 'registry.example': { auth: 'dTpw' } } } })
    expect((await find(registry)) !== undefined).toBe(given)
  })

  it('says which file is broken, and nothing of its content', async () => {
    await writeFiles({ '{tmp}/.docker/config.json': '{"auths": {"r": {"auth": "c2VjcmV0"' })
    const error = await find('r.example').catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'CREDENTIALS_UNREADABLE' })
    expect(String(error)).not.toContain('c2VjcmV0')
  })
})

describe('runCredentialHelper', () => {
  const withHelper = async (
    script: string,
    signal?: AbortSignal,
    limitMs?: number,
  ): Promise<Credentials | undefined> => {
    await writeFile(join(folder, 'docker-credential-test'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
    const path = process.env['PATH']
    process.env['PATH'] = `${folder}:${path}`
    try {
      return await runCredentialHelper('test', 'r.example', signal, limitMs)
    } finally {
      process.env['PATH'] = path
    }
  }

  it('hands over the server and reads the answer', async () => {
    expect(await withHelper('read -r s; echo "{\\"Username\\":\\"$s\\",\\"Secret\\":\\"pw\\"}"')).toEqual({
      type: 'password',
      username: 'r.example',
      password: 'pw',
    })
  })

  it('takes "not found" for no credentials', async () => {
    expect(await withHelper('echo "credentials not found in native keychain"; exit 1')).toBeUndefined()
  })

  it.each([
    ['fails', 'echo locked; exit 2'],
    ['writes no JSON', 'echo hello'],
    ['writes without end', 'exec cat /dev/zero'],
  ])('reports a helper that %s', async (_, script) => {
    await expect(withHelper(script)).rejects.toMatchObject({ code: 'CREDENTIALS_UNREADABLE' })
  })

  const patient = { timeout: 15_000 }
  // `exec` keeps a signal ignored.
  const stubborn = 'trap "" TERM; exec tail -f /dev/null'

  it('does not wait for one that never answers and does not want to end', async () => {
    await expect(withHelper(stubborn, undefined, 50)).rejects.toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
      message: expect.stringContaining('in time'),
    })
  })

  it('ends one that is no longer wanted, at once', async () => {
    const abort = new AbortController()
    const reason = new Error('enough')
    const call = withHelper(`echo $$ > ${folder}/pid; ${stubborn}`, abort.signal).catch(
      (error: unknown) => error,
    )
    const pid = await vi.waitFor(async () => {
      const written = Number(await readFile(join(folder, 'pid'), 'utf8'))
      expect(written).toBeGreaterThan(0)
      return written
    }, patient)
    abort.abort(reason)
    expect(await call).toBe(reason)
    await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'), patient)
  })

  it.each(['../../bin/sh', 'a b', '', '-x'])('does not run %j', async (name) => {
    await expect(runCredentialHelper(name, 'r.example', undefined)).rejects.toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
    })
  })
})
