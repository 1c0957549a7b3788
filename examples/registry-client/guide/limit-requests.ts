import { createRegistryClient, dockerConfigCredentials, type RegistryClient } from '@sallyport/oci'

/** A client with a log of its requests, and a signal that ends the work when there are too many of them. */
export function createWatchedClient(
  most: number,
  log: (line: string) => void,
): { readonly client: RegistryClient; readonly signal: AbortSignal } {
  const controller = new AbortController()
  let sent = 0
  const client = createRegistryClient({
    credentials: dockerConfigCredentials(),
    onRequest: ({ method, url, status = 'no answer', attempt, milliseconds }) => {
      log(`${method} ${url} ${status}, try ${attempt}, ${Math.round(milliseconds)} ms`)
      sent += 1
      if (sent > most) controller.abort(new Error(`more than ${most} requests`))
    },
  })
  return { client, signal: controller.signal }
}
