import { type RegistryClient, type RequestCount, requestsSince } from '@sallyport/oci'

/** What some work costs: requests by host and method, with repetitions, redirects and sign-ins. */
export async function countRequests(
  client: RegistryClient,
  work: () => Promise<unknown>,
): Promise<readonly RequestCount[]> {
  const before = client.requests()
  await work()
  return requestsSince(before, client.requests())
}
