import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'

/** A request of Node's server as a web `Request`; `undefined` where it is none, such as one with two hosts. */
export function toWebRequest(message: IncomingMessage): Request | undefined {
  const { method = '', url: target = '', headers } = message
  // Joined as text: resolved against a base, `//other/` would name another host.
  const isSecure = (message.socket as Partial<TLSSocket>).encrypted === true
  const url = URL.parse(`${isSecure ? 'https' : 'http'}://${headers.host ?? ''}${target}`)
  if (!url || !target.startsWith('/') || message.headersDistinct['host']?.length !== 1) return undefined
  const hasBody = method !== 'GET' && method !== 'HEAD'
  try {
    return new Request(url, {
      method,
      headers: Object.entries(headers).map(([name, value]) => [name, String(value)] as [string, string]),
      // The answer is still to be written when a body is left alone.
      ...(hasBody && {
        body: ReadableStream.from(message.iterator({ destroyOnReturn: false })),
        duplex: 'half',
      }),
    })
  } catch {
    // A method or a header that the web does not know.
    return undefined
  }
}

/** Answers with Node's server, which throws away what is left of the body. */
export async function writeWebResponse(response: ServerResponse, answer: Response): Promise<void> {
  const headers = Object.fromEntries(answer.headers)
  const body = Buffer.from(await answer.arrayBuffer())
  const cookies = answer.headers.getSetCookie()
  response.writeHead(answer.status, {
    ...headers,
    ...(cookies.length > 0 && { 'set-cookie': cookies }),
    'content-length': body.byteLength,
  })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}
