import type { SmokeRequest } from './smoke-test.ts'

/**
 * A program for `node -e` that asks a service and prints the answers as JSON, once all are there: it is run where the
 * service is, in the same network. Its argument: the requests and how long to try, as JSON.
 */
export const askServiceProgram = `
const { requests, timeoutMs } = JSON.parse(process.argv[1])
const until = Date.now() + timeoutMs
const ask = (url) => new Promise((resolve, reject) => {
  const left = Math.max(1, until - Date.now())
  const client = require(url.startsWith('https:') ? 'node:https' : 'node:http')
  const request = client.get(url, { rejectUnauthorized: false, timeout: left, agent: false }, (response) => {
    let body = ''
    response.setEncoding('utf8')
    response.on('data', (text) => { if (body.length < 65536) body = (body + text).slice(0, 65536) })
    response.on('end', () => resolve({ request: url, status: response.statusCode, body }))
    response.on('error', reject)
  })
  request.on('timeout', () => request.destroy(new Error('no answer')))
  request.on('error', reject)
})
const persist = async (url) => {
  for (;;) {
    try { return await ask(url) } catch (error) {
      if (Date.now() + 100 > until) throw error
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}
const main = async () => {
  const answers = []
  for (const url of requests) answers.push(await persist(url))
  process.stdout.write(JSON.stringify(answers))
}
main().then(() => process.exit(0), (error) => { process.stderr.write(String(error) + '\\n'); process.exit(9) })
`

/** A request as an address; `host` is where the service listens. */
export const toUrl = ({ port, path = '/', tls = false }: SmokeRequest, host = '127.0.0.1'): string =>
  new URL(path, `${tls ? 'https' : 'http'}://${host}:${port}/`).href
