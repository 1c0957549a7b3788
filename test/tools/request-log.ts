/** One request as a registry's own log tells it. */
export interface LoggedRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly status: number
}

/** Reads the requests out of the output of docker-registry, whose access log has Apache's combined format. */
export function parseCombinedLog(log: string): LoggedRequest[] {
  return requestsOf(
    log,
    /^\S+ \S+ \S+ \[[^\]]*\] "(?<method>[A-Z]+) (?<url>\S+) HTTP\/[\d.]+" (?<status>\d{3}) /,
  )
}

/** Reads the requests out of the output of olareg at its level `trace`. */
export function parseOlaregLog(log: string): LoggedRequest[] {
  return requestsOf(
    log,
    / msg=ServeHTTP .*? method=(?<method>[A-Z]+) url=(?<url>"(?:[^"\\]|\\.)*"|\S+) status=(?<status>\d{3}) /,
  )
}

function requestsOf(log: string, pattern: RegExp): LoggedRequest[] {
  return log.split('\n').flatMap((line) => {
    const { method, url, status } = pattern.exec(line)?.groups ?? {}
    if (method === undefined || url === undefined || status === undefined) return []
    const plain = url.startsWith('"') ? (JSON.parse(url) as string) : url
    return [{ method, url: plain, status: Number(status) }]
  })
}
