import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A request as a double of a service saw it. */
export interface DoubleRequest {
  readonly method: string
  /** As it was sent, without the query. */
  readonly path: string
  readonly query: URLSearchParams
  header(name: string): string | undefined
  readonly body: string
}

/** What a double answers; status 200 unless said. */
export interface DoubleAnswer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly json?: unknown
  readonly body?: string | Uint8Array
  /** It is about signing in: faults are not for it. */
  readonly signIn?: boolean
}

/** A service on loopback. */
export interface ServiceDouble extends AsyncDisposable {
  readonly host: string
  readonly origin: string
  readonly requests: DoubleRequest[]
  /** Answers the next requests otherwise, signing in aside. */
  fail(answer: DoubleAnswer | ((request: DoubleRequest) => DoubleAnswer), times?: number): void
  /** Answers each further request as the next one. */
  repeatNext(): void
  /** Changes what is answered. */
  change(change: (json: unknown) => unknown): void
  /** Is told after each answer. */
  afterAnswer(told: (request: DoubleRequest) => void): void
}

/** Starts a double that answers as a service does. */
export async function startServiceDouble(
  route: (request: DoubleRequest, origin: string) => DoubleAnswer,
): Promise<ServiceDouble> {
  const requests: DoubleRequest[] = []
  let fault: { answer: DoubleAnswer | ((request: DoubleRequest) => DoubleAnswer); times: number } | undefined
  let change = (json: unknown): unknown => json
  let told: (request: DoubleRequest) => void = () => undefined
  let repeats = false
  let repeated: DoubleAnswer | undefined
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const [path = '', query = ''] = (incoming.url ?? '').split('?')
      const request: DoubleRequest = {
        method: incoming.method ?? '',
        path,
        query: new URLSearchParams(query),
        header: (name) => incoming.headers[name]?.toString(),
        body: Buffer.concat(chunks).toString('utf8'),
      }
      requests.push(request)
      let answer = repeated ?? route(request, origin)
      if (!answer.signIn && fault !== undefined && fault.times > 0) {
        fault.times--
        answer = typeof fault.answer === 'function' ? fault.answer(request) : fault.answer
      } else if (repeats && !answer.signIn) {
        repeated = answer
      }
      const { status = 200, headers = {}, json, body = JSON.stringify(change(json)) ?? '' } = answer
      response.writeHead(status, { 'content-type': 'application/json', ...headers })
      response.end(body)
      told(request)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const origin = `http://${host}`
  return {
    host,
    origin,
    requests,
    fail(answer, times = 1) {
      fault = { answer, times }
    },
    repeatNext() {
      repeats = true
    },
    change(next) {
      change = next
    },
    afterAnswer(next) {
      told = next
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Entries of one page by number, from 1. */
export function pageOf<T>(all: readonly T[], page: number, size: number): readonly T[] {
  return all.slice((page - 1) * size, page * size)
}

/** Entries after the one with a key, in the order of keys; the key of the last while there are more. */
export function afterKey<T>(
  all: readonly T[],
  keyOf: (each: T) => string,
  after: string,
  size: number,
): { readonly page: readonly T[]; readonly next: string | undefined } {
  const rest = all
    .filter((each) => keyOf(each) > after)
    .sort((one, other) => (keyOf(one) < keyOf(other) ? -1 : 1))
  const page = rest.slice(0, size)
  const last = page.at(-1)
  return { page, next: rest.length > size && last !== undefined ? keyOf(last) : undefined }
}
