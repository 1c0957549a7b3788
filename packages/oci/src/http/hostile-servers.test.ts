import { randomBytes } from 'node:crypto'
import type { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { mediaTypes } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { verifiedContent } from '../blob/verified-content.ts'
import { createRegistryClient, type RegistryClient } from '../registry/create-registry-client.ts'
import type { RegistryRepository } from '../registry/registry-repository.ts'
import { drip, type RawScript, startRawServer, writeEndlessly } from '../testing/raw-server.ts'
import { collect, collectAll, sampleBlob, sampleImage, streamOf } from '../testing/sample-image.ts'

const { manifest } = sampleImage([10])
const { blob, bytes } = sampleBlob(randomBytes(100_000))
const manifestHead = `HTTP/1.1 200 OK\r\nContent-Type: ${mediaTypes.ociManifest}\r\n`
const manifestBody = Buffer.from(manifest.bytes).toString('latin1')
const goodManifest = `${manifestHead}Content-Length: ${manifest.bytes.byteLength}\r\n\r\n${manifestBody}`

type Operation = (repository: RegistryRepository, client: RegistryClient) => Promise<unknown>
const operations = {
  'read a manifest': (repository) => repository.getManifest('v1'),
  'read a blob': (repository) => collect(repository.open(blob)),
  'look for a blob': (repository) => repository.has(blob),
  'list tags': (repository) => collectAll(repository.listTags()),
  'list repositories': ({ registry }, client) => collectAll(client.listRepositories(registry)),
  'list referrers': (repository) => repository.listReferrers(manifest.descriptor.digest),
  'write a blob': (repository) =>
    repository.write(
      blob,
      verifiedContent(blob, () => streamOf(bytes)),
    ),
  'write a manifest': (repository) => repository.putManifest(manifest),
} satisfies Readonly<Record<string, Operation>>

interface Outcome {
  readonly error?: unknown
  readonly result?: unknown
  /** First lines of the requests. */
  readonly seen: readonly string[]
}

/** Far more than what ends by itself takes, on a busy machine too. */
const patientMs = 15_000
/** For what ends by its time alone. */
const shortMs = 500

async function attempt(
  name: keyof typeof operations,
  script: RawScript,
  {
    timeoutMs = patientMs,
    onConnect,
  }: { readonly timeoutMs?: number; readonly onConnect?: (socket: Socket) => void } = {},
): Promise<Outcome> {
  await using server = await startRawServer(script, onConnect)
  await using client = createRegistryClient({
    retry: { attempts: 2 },
    sleep: async (_, signal) => signal?.throwIfAborted(),
    smallTimeoutMs: timeoutMs,
    headersTimeoutMs: timeoutMs,
    bodyTimeoutMs: timeoutMs,
    settleMs: 0,
    credentials: { find: async () => ({ type: 'password', username: 'u', password: 'hunter22' }) },
    lookup: (_, options, callback) =>
      options.all
        ? callback(null, [{ address: '169.254.169.254', family: 4 }])
        : callback(null, '169.254.169.254', 4),
  })
  const repository = client.repository({ registry: server.host, repository: 'team/app' })
  try {
    return { result: await operations[name](repository, client), seen: server.seen }
  } catch (error) {
    return { error, seen: server.seen }
  }
}

/** What is wrong with an outcome that should be a typed error without secrets, after no more requests than that. */
function flawsOf({ error, seen }: Outcome, code: string, mostRequests = 12): readonly string[] {
  const { name, code: actual } = (error ?? {}) as { readonly name?: unknown; readonly code?: unknown }
  return [
    ...(name === 'OciError' && actual === code
      ? []
      : [`${String(name)} ${String(actual)}: ${String(error)}`]),
    ...(seen.length > mostRequests ? [`${seen.length} requests`] : []),
    ...(String(error).includes('hunter22') ? ['shows the password'] : []),
    ...(String(error).length > 1000 ? ['a long message'] : []),
  ]
}

describe('what does not end', () => {
  const page = (socket: Socket, body: string, type: string, next: string): void => {
    socket.write(
      `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nLink: <${next}>; rel="next"\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
  }

  it('pages of tags', async () => {
    const outcome = await attempt('list tags', (socket, _, count) =>
      page(socket, `{"tags":["t${count}"]}`, 'application/json', `?last=${count}`),
    )
    expect(flawsOf(outcome, 'LIMIT_EXCEEDED', 10_000)).toEqual([])
  }, 120_000)

  it.each([
    ['of ever new names', (count: number) => `team/r${count}`, 10_000],
    ['of one name', () => 'team/a', 30],
  ])(
    'pages of a catalog %s',
    async (_, name, mostRequests) => {
      const outcome = await attempt('list repositories', (socket, _line, count) =>
        page(socket, `{"repositories":["${name(count)}"]}`, 'application/json', `?last=${count}`),
      )
      expect(flawsOf(outcome, 'LIMIT_EXCEEDED', mostRequests)).toEqual([])
    },
    120_000,
  )

  it('pages of tags that lead in a circle', async () => {
    const outcome = await attempt('list tags', (socket, _, count) =>
      page(socket, '{"tags":["a"]}', 'application/json', `?last=${count % 3}`),
    )
    expect(flawsOf(outcome, 'LIMIT_EXCEEDED')).toEqual([])
  })

  it('pages of referrers', async () => {
    const outcome = await attempt('list referrers', (socket, line, count) => {
      if (line.includes('/manifests/'))
        return void socket.write('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n')
      page(socket, '{"schemaVersion":2,"manifests":[]}', mediaTypes.ociIndex, `?page=${count}`)
    })
    expect(flawsOf(outcome, 'LIMIT_EXCEEDED', 1_010)).toEqual([])
  })

  it.each([
    ['a manifest', 'read a manifest', manifestHead, 'LIMIT_EXCEEDED'],
    ['a list of tags', 'list tags', 'HTTP/1.1 200 OK\r\n', 'LIMIT_EXCEEDED'],
    ['a blob', 'read a blob', 'HTTP/1.1 200 OK\r\n', 'SIZE_MISMATCH'],
    ['the text of an error', 'read a manifest', 'HTTP/1.1 400 Bad Request\r\n', 'REGISTRY_ERROR'],
    ['the text of a refusal', 'read a manifest', 'HTTP/1.1 403 Forbidden\r\n', 'DENIED'],
    ['what follows a redirect', 'read a manifest', 'HTTP/1.1 307 T\r\nLocation: /\r\n', 'REGISTRY_ERROR'],
    ['what follows an upload', 'write a manifest', 'HTTP/1.1 201 Created\r\n', undefined],
  ] as const)('%s', async (_, operation, head, code) => {
    const outcome = await attempt(operation, (socket) => {
      socket.write(`${head}Connection: close\r\n\r\n`)
      writeEndlessly(socket, Buffer.alloc(65_536, 'x'))
    })
    if (code === undefined) expect(outcome.error).toBeUndefined()
    else expect(flawsOf(outcome, code)).toEqual([])
  })

  it('a manifest that is announced to be huge', async () => {
    const outcome = await attempt(
      'read a manifest',
      (socket) => void socket.write(`${manifestHead}Content-Length: 900000000000000\r\n\r\n{`),
    )
    expect(flawsOf(outcome, 'LIMIT_EXCEEDED')).toEqual([])
  })

  it('the answer of a token server', async () => {
    const outcome = await attempt('read a manifest', (socket, line) => {
      if (!line.includes('/token')) return void socket.write(challenge(socket))
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      writeEndlessly(socket, ' '.repeat(65_536))
    })
    expect(flawsOf(outcome, 'LIMIT_EXCEEDED')).toEqual([])
  })

  it.each(['read a manifest', 'read a blob', 'look for a blob', 'write a blob'] as const)(
    'announcements of an answer, to %s',
    async (operation) => {
      const outcome = await attempt(
        operation,
        (socket) => writeEndlessly(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1000)),
        { timeoutMs: shortMs },
      )
      expect(flawsOf(outcome, 'REGISTRY_UNREACHABLE')).toEqual([])
    },
  )

  it.each([
    ['a redirect to itself', (path: string) => path],
    ['redirects to ever new places', (path: string) => `${path}x`],
  ])('%s', async (_, next) => {
    const outcome = await attempt('read a blob', (socket, line) => {
      const path = line.split(' ')[1] ?? ''
      socket.write(`HTTP/1.1 307 T\r\nLocation: ${next(path)}\r\nContent-Length: 0\r\n\r\n`)
    })
    expect(flawsOf(outcome, 'REGISTRY_ERROR', 6)).toEqual([])
  })

  it('challenges', async () => {
    let tokens = 0
    const outcome = await attempt('read a manifest', (socket, line, count) => {
      if (!line.includes('/token')) return void socket.write(challenge(socket, `scope="new:${count}:pull"`))
      const body = `{"token":"t${tokens++}"}`
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    })
    expect(flawsOf(outcome, 'UNAUTHORIZED', 6)).toEqual([])
  })

  it.each([
    ['429', 'RATE_LIMITED'],
    ['503', 'REGISTRY_ERROR'],
    ['408', 'REGISTRY_ERROR'],
  ])('status %s', async (status, code) => {
    const outcome = await attempt(
      'read a manifest',
      (socket) => void socket.write(`HTTP/1.1 ${status} X\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n`),
    )
    expect(flawsOf(outcome, code, 2)).toEqual([])
  })
})

describe('what comes slowly', () => {
  it.each([
    ['the header of a manifest', 'read a manifest', '', 'HTTP/1.1 200 OK\r\nX-Long: xxxxxxxxxxxxx'],
    ['a manifest', 'read a manifest', `${manifestHead}\r\n`, '{'],
    ['a list of tags', 'list tags', 'HTTP/1.1 200 OK\r\n\r\n', ' '],
    ['the header of a blob', 'read a blob', 'HTTP/1.1 200 OK\r\nX-Long: ', 'x'],
    ['a blob', 'read a blob', 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n', 'x'],
    ['the text of an error', 'read a manifest', 'HTTP/1.1 500 E\r\n\r\n', 'x'],
    ['what follows a redirect', 'read a blob', 'HTTP/1.1 307 T\r\nLocation: /\r\n\r\n', 'x'],
    ['the answer to an upload', 'write a manifest', 'HTTP/1.1 201 Created\r\nX-Long: ', 'x'],
  ] as const)('%s', async (_, operation, head, text) => {
    const outcome = await attempt(
      operation,
      (socket) => {
        socket.write(head)
        drip(socket, text)
      },
      { timeoutMs: shortMs },
    )
    expect(outcome.error).toMatchObject({ name: 'OciError' })
    expect(outcome.seen.length).toBeLessThanOrEqual(8)
  })

  it.each([
    ['nothing', ''],
    ['a header without its end', 'HTTP/1.1 200 OK\r\nContent-Le'],
    ['a blob without its end', `HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nabc`],
  ])('%s, and then silence', async (_, text) => {
    const outcome = await attempt('read a blob', (socket) => void socket.write(text), { timeoutMs: shortMs })
    expect(flawsOf(outcome, 'REGISTRY_UNREACHABLE')).toEqual([])
  })
})

describe('what is too long or no HTTP', () => {
  it.each([
    [60_000, undefined],
    [66_000, 'REGISTRY_ERROR'],
    [10_000_000, 'REGISTRY_ERROR'],
  ])('header fields of %i bytes', async (length, code) => {
    const outcome = await attempt(
      'read a manifest',
      (socket) => void socket.write(goodManifest.replace('\r\n', `\r\nX-Long: ${'x'.repeat(length)}\r\n`)),
    )
    if (code === undefined) expect(outcome.error).toBeUndefined()
    else expect(flawsOf(outcome, code)).toEqual([])
  })

  it('many short header fields', async () => {
    const outcome = await attempt('read a manifest', (socket) => {
      socket.write('HTTP/1.1 200 OK\r\n')
      writeEndlessly(socket, 'a: b\r\n'.repeat(1000))
    })
    expect(flawsOf(outcome, 'REGISTRY_ERROR')).toEqual([])
  })

  it.each([
    ['another protocol', 'SSH-2.0-OpenSSH_9.6\r\n'],
    ['random bytes', randomBytes(500)],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['a header field without a colon', 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n'],
    ['a NUL in a header field', 'HTTP/1.1 200 OK\r\nA: \0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab'],
    ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['a length that is no number', 'HTTP/1.1 200 OK\r\nContent-Length: 0x10\r\n\r\n'],
    [
      'chunks and a length',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n`,
    ],
    ['a chunk without a size', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n'],
    [
      'a chunk with a huge size',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffffff\r\n',
    ],
    [
      'a chunk that is longer than it says',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n',
    ],
  ])('%s', async (_, answer) => {
    for (const operation of ['read a manifest', 'read a blob'] as const) {
      const outcome = await attempt(operation, (socket) => void socket.end(answer))
      expect(outcome.error).toMatchObject({ name: 'OciError' })
      expect(outcome.seen.length).toBeLessThanOrEqual(4)
    }
  })

  it('a length that is not reached', async () => {
    const short = (socket: Socket): void =>
      void socket.end(goodManifest.replace(/Content-Length: \d+/, 'Content-Length: 5000'))
    expect(flawsOf(await attempt('read a manifest', short), 'REGISTRY_UNREACHABLE', 2)).toEqual([])
  })

  it('more than the length says', async () => {
    const outcome = await attempt(
      'read a manifest',
      (socket) => void socket.write(`${goodManifest}${goodManifest}`),
    )
    expect(outcome.error).toBeUndefined()
  })

  it('a body after HEAD, which is no answer to what is asked next', async () => {
    await using server = await startRawServer((socket, line) => {
      if (!line.startsWith('HEAD')) return void socket.write(goodManifest)
      const smuggled = 'HTTP/1.1 500 Smuggled\r\nContent-Length: 0\r\n\r\n'
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${blob.size}\r\n\r\n${smuggled}`)
    })
    await using client = createRegistryClient({ sleep: async () => {} })
    const repository = client.repository({ registry: server.host, repository: 'team/app' })
    expect(await repository.has(blob)).toBe(true)
    expect((await repository.getManifest('v1')).descriptor).toEqual(manifest.descriptor)
  })
})

describe('where a server must not lead', () => {
  it.each([
    'file:///etc/passwd',
    'ftp://127.0.0.1/x',
    'gopher://127.0.0.1/x',
    'data:text/plain,x',
    'javascript:alert(1)',
    'http://169.254.169.254/latest/meta-data',
    'http://[::ffff:169.254.169.254]/latest',
    'http://0xa9fea9fe/latest',
    'http://metadata.test/latest',
    'http://user:pw@127.0.0.1/x',
    'http://[',
    '',
  ])('%s', async (place) => {
    const redirected = await attempt(
      'read a blob',
      (socket) => void socket.write(`HTTP/1.1 307 T\r\nLocation: ${place}\r\nContent-Length: 0\r\n\r\n`),
    )
    // An empty place is the same one again.
    expect(flawsOf(redirected, 'REGISTRY_ERROR', place === '' ? 6 : 1)).toEqual([])

    const asked = await attempt(
      'read a manifest',
      (socket) =>
        void socket.write(
          `HTTP/1.1 401 U\r\nWWW-Authenticate: Bearer realm="${place}"\r\nContent-Length: 0\r\n\r\n`,
        ),
    )
    expect(flawsOf(asked, 'UNAUTHORIZED', 1)).toEqual([])

    const uploaded = await attempt('write a blob', (socket, line) => {
      if (line.startsWith('HEAD')) return void socket.write('HTTP/1.1 404 N\r\nContent-Length: 0\r\n\r\n')
      const status = line.startsWith('POST') ? '202 A' : '404 N'
      socket.write(`HTTP/1.1 ${status}\r\nLocation: ${place}\r\nContent-Length: 0\r\n\r\n`)
    })
    expect(uploaded.error).toMatchObject({ name: 'OciError' })
    expect(uploaded.seen.filter((line) => line.startsWith('PUT')).length).toBeLessThanOrEqual(
      place === '' ? 2 : 0,
    )
  })
})

describe('what is labelled as compressed', () => {
  const bomb = gzipSync(Buffer.alloc(20_000_000))
  const labelled = (content: Uint8Array, type: string): ((socket: Socket) => void) => {
    const head = `HTTP/1.1 200 OK\r\nContent-Type: ${type}\r\nContent-Encoding: gzip\r\n`
    return (socket) => {
      socket.write(`${head}Content-Length: ${content.byteLength}\r\n\r\n`)
      socket.write(content)
    }
  }

  it('is not unpacked: a bomb stays small', async () => {
    const outcome = await attempt('read a manifest', labelled(bomb, mediaTypes.ociManifest))
    expect(flawsOf(outcome, 'MANIFEST_INVALID', 1)).toEqual([])
  })

  it('is not unpacked: a blob keeps its digest', async () => {
    const packed = sampleBlob(gzipSync(bytes))
    await using server = await startRawServer(labelled(packed.bytes, 'application/octet-stream'))
    await using client = createRegistryClient()
    const repository = client.repository({ registry: server.host, repository: 'team/app' })
    expect(await collect(repository.open(packed.blob))).toEqual(Buffer.from(packed.bytes))
  })
})

describe('connections that are reset', () => {
  const reset = (socket: Socket): void => void socket.resetAndDestroy()

  it.each(Object.keys(operations) as (keyof typeof operations)[])(
    'when they are made, to %s',
    async (operation) => {
      const outcome = await attempt(operation, reset, { onConnect: reset })
      expect(flawsOf(outcome, 'REGISTRY_UNREACHABLE', 0)).toEqual([])
    },
  )

  it.each(Object.keys(operations) as (keyof typeof operations)[])(
    'after the request, to %s',
    async (operation) => {
      expect(flawsOf(await attempt(operation, reset), 'REGISTRY_UNREACHABLE')).toEqual([])
    },
  )

  it.each([
    ['in the header', 'HTTP/1.1 200 OK\r\nContent-'],
    ['after the header', `${manifestHead}Content-Length: 500\r\n\r\n`],
    ['in the body', `${manifestHead}Content-Length: 500\r\n\r\n{"schema`],
    ['in a chunk', `${manifestHead}Transfer-Encoding: chunked\r\n\r\nff\r\n{"sch`],
  ])('%s', async (_, text) => {
    for (const operation of ['read a manifest', 'read a blob', 'list tags'] as const) {
      const outcome = await attempt(operation, (socket) => void socket.write(text, () => reset(socket)))
      expect(flawsOf(outcome, 'REGISTRY_UNREACHABLE')).toEqual([])
    }
  })

  it.each([
    ['the session is opened', 'POST'],
    ['the content arrives', 'PUT'],
  ])('when %s', async (_, method) => {
    const outcome = await attempt('write a blob', (socket, line, count) => {
      if (line.startsWith(method)) return reset(socket)
      const status = line.startsWith('POST') ? '202 A' : '404 N'
      socket.write(`HTTP/1.1 ${status}\r\nLocation: /up/${count}\r\nContent-Length: 0\r\n\r\n`)
    })
    expect(flawsOf(outcome, 'REGISTRY_UNREACHABLE')).toEqual([])
  })
})

function challenge(socket: Socket, more = ''): string {
  const realm = `http://127.0.0.1:${socket.localPort}/token`
  const fields = [`realm="${realm}"`, more].filter((each) => each !== '').join(',')
  return `HTTP/1.1 401 U\r\nWWW-Authenticate: Bearer ${fields}\r\nContent-Length: 0\r\n\r\n`
}
